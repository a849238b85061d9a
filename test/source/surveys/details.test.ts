import { afterEach, describe, expect, test, vi } from "vitest";
import type { SocketDetail } from "#src/model/events/details.ts";
import type { TraceEvent } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { DetailReader } from "#src/source/surveys/details.ts";
import { detail, row, survey, tick, transition } from "#test/support/events/scenario.ts";

const TICK_MS = 50;
const SECONDS = 20;

afterEach(() => {
  vi.restoreAllMocks();
});

type Answer = readonly SocketDetail[] | null;

/**
 * Runs the reader for 20 s of a simulated clock; returns how many questions it asked. `happens` returns the events of
 * each tick, which arrive this late.
 */
async function questions(
  happens: (ms: number) => readonly TraceEvent[],
  answer: (ms: number) => Answer,
  lateMs = 0,
): Promise<number> {
  let ms = 0;
  let asked = 0;
  vi.spyOn(performance, "now").mockImplementation(() => ms);
  const reader = new DetailReader(() => ms * 1e6, new AbortController().signal, {
    ask: () => {
      asked++;
      const details = answer(ms);
      return Promise.resolve(details === null ? null : { details: [...details], backlogs: [] });
    },
    askIdle: () => Promise.resolve(null),
  });
  for (; ms < SECONDS * 1000; ms += TICK_MS) {
    for (const event of [...happens(ms), tick((ms - lateMs) * 1e6)]) reader.note(event);
    reader.take();
    // An answer passes through several promises.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  return asked;
}

const never = (): readonly TraceEvent[] => [];
const firstly =
  (...events: readonly TraceEvent[]) =>
  (ms: number): readonly TraceEvent[] =>
    ms === 0 ? events : [];

const LATE_MS = 1000;

/** At each tick one connection enters CLOSE_WAIT, and the one before ends. */
function closingAtOnce(ms: number): readonly TraceEvent[] {
  const at = (ms - LATE_MS) * 1e6;
  return [
    transition(at, TCP.CLOSE_WAIT, TCP.LAST_ACK, { address: 0xc00 + ms - TICK_MS }),
    transition(at, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { address: 0xc00 + ms }),
  ];
}

describe("ss is asked once a second", () => {
  test("while a traced connection is in CLOSE_WAIT", async () => {
    const entered = transition(0, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 });
    expect(await questions(firstly(entered), () => [detail()])).toBe(SECONDS);
  });

  test("while one older than the trace lasts, even if it is accepted meanwhile", async () => {
    const waiting = survey(0, [row(TCP.CLOSE_WAIT, { inode: 0 })]);
    expect(await questions(firstly(waiting), (ms) => [detail({ inode: ms < 1500 ? 0 : 70 })])).toBe(SECONDS);
  });

  test("after a question that failed", async () => {
    const before = survey(0, [row(TCP.CLOSE_WAIT)]);
    expect(await questions(firstly(before), (ms) => (ms < 3000 ? null : [detail()]))).toBe(SECONDS);
  });
});

describe("ss is not asked", () => {
  test("where nothing is in CLOSE_WAIT", async () => {
    expect(await questions(never, () => [])).toBe(0);
  });

  test("about a server that closes at once, however late the events are", async () => {
    expect(await questions(closingAtOnce, () => [], LATE_MS)).toBe(0);
  });

  test("again if a survey saw some by chance that are gone", async () => {
    let ports = 41_000;
    const others = (): Answer => [detail({ localPort: ports++ })];
    expect(await questions(firstly(survey(0, [row(TCP.CLOSE_WAIT)])), others)).toBe(2);
  });
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  const ends: (() => void)[] = [];
  const promise = new Promise<void>((end) => ends.push(end));
  return { promise, resolve: () => ends.forEach((end) => end()) };
}

test("a survey that comes while a question is under way is asked about after it", async () => {
  let ms = 0;
  const { promise, resolve } = deferred();
  let asked = 0;
  vi.spyOn(performance, "now").mockImplementation(() => ms);
  const reader = new DetailReader(() => ms * 1e6, new AbortController().signal, {
    ask: async () => {
      if (asked++ === 0) await promise;
      return { details: [detail()], backlogs: [] };
    },
    askIdle: () => Promise.resolve(null),
  });
  reader.note(survey(0, [row(TCP.CLOSE_WAIT, { inode: 71, localPort: 40_001 })]));
  reader.take();
  reader.note(survey(1e9, [row(TCP.CLOSE_WAIT)]));
  resolve();
  for (; ms < 10_000; ms += 1000) {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    reader.take();
  }
  expect(asked).toBeGreaterThan(5);
});
