import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Survey } from "#src/model/events/survey.ts";
import type { TraceEvent } from "#src/model/events/event.ts";
import { describeProc, paceWithoutTracer, ProcPoll } from "#src/source/surveys/proc-poll.ts";
import { SECOND, survey } from "#test/support/events/scenario.ts";

const PACE = { intervalMs: 1000, mostOfACore: 0.05 };

let ready: Survey | null = null;
let charged: number[] = [];
let cpuMicros = 0;

beforeEach(() => {
  ready = null;
  charged = [];
  cpuMicros = 0;
  const cpuUsage = (before?: NodeJS.CpuUsage) => ({ user: cpuMicros - (before?.user ?? 0), system: 0 });
  vi.spyOn(process, "cpuUsage").mockImplementation(cpuUsage);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function polling(): ProcPoll {
  const surveyor = {
    pace: PACE,
    restart: () => {},
    charge: (cpuMs: number) => void charged.push(cpuMs),
    take: () => ready,
  };
  const auxiliary = { note: () => {}, take: () => [] };
  const poll = new ProcPoll({ surveyor, auxiliary, now: () => SECOND, pace: PACE });
  poll.because("not root");
  return poll;
}

const details = (events: readonly TraceEvent[]): string[] =>
  events.flatMap((event) => (event.kind === "source" ? [event.detail] : []));

test("how it describes itself", () => {
  expect(describeProc(1000, "not root")).toBe("/proc at most every 1 s: not root");
  expect(describeProc(1500, "not root")).toBe("/proc at most every 1.5 s: not root");
});

describe("what polls may cost", () => {
  test("is 5 % of a core, or what the user allows", () => {
    expect(paceWithoutTracer("")).toEqual(PACE);
    expect(paceWithoutTracer("12.5")).toEqual({ ...PACE, mostOfACore: 0.125 });
    expect(paceWithoutTracer("1%").mostOfACore).toBe(0.01);
  });

  test.each(["0", "101", "-5", "much", "5e1", "\u001B[2J"])("is not %j", (percent) => {
    expect(() => paceWithoutTracer(percent)).toThrow(
      /^TCPTRACE_POLL_CPU is "[\x20-\x7e]*", which is not a percentage of a core$/,
    );
  });
});

test("the reason is reported at the start, and again only when it changes", () => {
  const poll = polling();
  expect(details(poll.batch())).toEqual(["/proc at most every 1 s: not root"]);
  expect(details(poll.batch())).toEqual([]);
  poll.because("not root");
  expect(details(poll.batch())).toEqual([]);
  poll.because("bpftrace is not installed");
  expect(details(poll.batch())).toEqual(["/proc at most every 1 s: bpftrace is not installed"]);
});

test("only the work between taking a survey and the next call is charged to it", () => {
  const poll = polling();
  poll.batch();
  cpuMicros += 9000;
  ready = survey(SECOND, []);
  expect(poll.batch().map(({ kind }) => kind)).toEqual(["survey", "tick"]);
  cpuMicros += 7000;
  ready = null;
  poll.batch();
  cpuMicros += 5000;
  poll.batch();
  expect(charged).toEqual([7]);
});
