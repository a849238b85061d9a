import { describe, expect, test } from "vitest";
import { parseFilter } from "#src/model/filter/parse-filter.ts";
import { Model } from "#src/model/fold/model.ts";
import type { ChurnReport } from "#src/model/reports/churn-report.ts";
import type { Survey } from "#src/model/events/survey.ts";
import type { Task, TraceEvent, Transition } from "#src/model/events/event.ts";
import { buildChurn } from "#src/model/reports/build-churn.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import {
  CALM,
  child,
  fold,
  holder,
  LOOPBACK,
  MS,
  NETNS,
  polling,
  row,
  type Run,
  SECOND,
  survey,
  taskOf,
  tick,
  timeWaitRow,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

const AT = 10 * SECOND;
const CLIENT = taskOf(9);
const ORPHAN = { ...CALM, dead: true };
const DONE = { ...CALM, done: true, dead: true };

/** A client connects and closes first; its process is the one that closes. */
function closing(at: number, task: Task = CLIENT, fields: Partial<Transition> = {}): TraceEvent[] {
  return [
    transition(at, TCP.CLOSE, TCP.SYN_SENT, { task, ...fields, localPort: 0 }),
    transition(at + 1, TCP.SYN_SENT, TCP.ESTABLISHED, fields),
    transition(at + 2, TCP.ESTABLISHED, TCP.FIN_WAIT1, { task, ...fields }),
    transition(at + 3, TCP.FIN_WAIT1, TCP.FIN_WAIT2, fields),
  ];
}

const left = (at: number, evidence = ORPHAN): TraceEvent => transition(at, TCP.FIN_WAIT2, TCP.CLOSE, { evidence });

const churn = ({ model }: Run): ChurnReport => buildChurn(model.tables);

/** By process: mini-sockets created, and current ones. */
function standing(run: Run): [pid: number, entered: number, now: number][] {
  return churn(run).processes.map(({ pid, entered, now }) => [pid, entered, now]);
}

describe("the side that closes first", () => {
  test.each([
    ["the peer's FIN is awaited", ORPHAN, 1],
    ["the peer's FIN has come", DONE, 0],
  ])("is charged with what stays behind: %s", (_, evidence, finWait2) => {
    const run = fold(tracing(0), ...closing(AT), left(AT + 4, evidence), tick(AT + 5));
    expect(standing(run)).toEqual([[9, 1, 1]]);
    expect(churn(run).total).toMatchObject({ now: 1, finWait2 });
    expect(churn(run).destinations).toMatchObject([
      { side: "client", source: LOOPBACK, address: LOOPBACK, port: 80, timeWait: 1, inUse: 1, users: [{ pid: 9 }] },
    ]);
  });

  test("leaves nothing with a reset", () => {
    const run = fold(tracing(0), ...closing(AT), left(AT + 4, { ...ORPHAN, error: 104 }), tick(AT + 5));
    expect(churn(run)).toMatchObject({ total: { now: 0 }, processes: [], destinations: [] });
  });

  test("uses no port if it is the listening side", () => {
    const ends = [
      child(AT, TCP.LISTEN, TCP.SYN_RECV),
      child(AT + 1, TCP.SYN_RECV, TCP.ESTABLISHED),
      child(AT + 2, TCP.ESTABLISHED, TCP.FIN_WAIT1, { task: taskOf(8) }),
      child(AT + 3, TCP.FIN_WAIT1, TCP.FIN_WAIT2),
      child(AT + 4, TCP.FIN_WAIT2, TCP.CLOSE, { evidence: DONE }),
    ];
    const run = fold(tracing(0), ...ends, tick(AT + 5));
    expect(standing(run)).toEqual([[8, 1, 1]]);
    expect(churn(run).destinations).toMatchObject([{ side: "server", port: 80, timeWait: 1, ports: null }]);
  });

  test("is assumed to leave one without evidence", () => {
    const bare = { evidence: null, inode: null, netns: null };
    const end = transition(AT + 4, TCP.FIN_WAIT2, TCP.CLOSE, bare);
    expect(standing(fold(tracing(0), ...closing(AT, CLIENT, bare), end, tick(AT + 5)))).toEqual([[9, 1, 1]]);
  });

  test("is charged even if the kernel skipped the end", () => {
    const next = transition(AT + SECOND, TCP.CLOSE, TCP.SYN_SENT, { localPort: 0 });
    expect(standing(fold(tracing(0), ...closing(AT), next))).toEqual([[9, 1, 1]]);
  });
});

const life = (...events: readonly TraceEvent[]): number => churn(fold(tracing(0), ...closing(AT), ...events)).total.now;

describe("after a minute", () => {
  test("a mini-socket is gone", () => {
    expect(life(left(AT + 4, DONE), tick(AT + 59 * SECOND))).toBe(1);
    expect(life(left(AT + 4, DONE), tick(AT + 61 * SECOND))).toBe(0);
  });

  test("it still exists if the peer, on this machine, closed half a minute later", () => {
    const server = [
      child(AT, TCP.LISTEN, TCP.SYN_RECV),
      child(AT + 3, TCP.SYN_RECV, TCP.ESTABLISHED),
      child(AT + 3, TCP.ESTABLISHED, TCP.CLOSE_WAIT),
    ];
    const fin = child(AT + 30 * SECOND, TCP.CLOSE_WAIT, TCP.LAST_ACK, { task: taskOf(8) });
    const events = [left(AT + 4), ...server, tick(AT + 29 * SECOND), fin];
    expect(life(...events, tick(AT + 61 * SECOND))).toBe(1);
    expect(life(...events, tick(AT + 91 * SECOND))).toBe(0);
  });

  test("it still counts as created", () => {
    const later = AT + 200 * SECOND;
    const run = fold(tracing(0), ...closing(AT), left(AT + 4, DONE), tick(later), survey(later, []), tick(later));
    expect(standing(run)).toEqual([[9, 1, 0]]);
  });
});

const counters = (at: number, timeWait: number, overflowed: number): TraceEvent => ({
  kind: "counters",
  at,
  namespaces: [
    { netns: NETNS, timeWait, counters: { TCPTimeWaitOverflow: overflowed, TWRecycled: 5 }, settings: null },
  ],
});

describe("before the minute is over", () => {
  const made = [tracing(0), ...closing(AT), left(AT + 4, DONE)];

  test("a connection with the same tuple replaces it", () => {
    const again = closing(AT + 2 * SECOND, CLIENT, { address: 0xc1 });
    const run = fold(...made, ...again.slice(0, 2), tick(AT + 3 * SECOND));
    expect(churn(run)).toMatchObject({ total: { now: 0 }, destinations: [{ timeWait: 0, inUse: 1 }] });
  });

  const now = (...events: readonly TraceEvent[]): number => churn(fold(...made, ...events)).total.now;

  test("two surveys without it end it, if it is older than both", () => {
    expect(now(survey(AT + SECOND, []))).toBe(1);
    expect(now(survey(AT + SECOND, []), survey(AT + 2 * SECOND, []))).toBe(0);
    expect(now(survey(AT + 2, []), survey(AT + 3, []))).toBe(1);
    // One survey may leave out a row.
    const shown = { ...survey(AT + 2 * SECOND, []), timeWaits: [timeWaitRow({ remainingMs: 58_000 })] };
    expect(now(survey(AT + SECOND, []), shown, survey(AT + 3 * SECOND, []))).toBe(1);
  });

  test("one survey without it ends it, if the kernel counts fewer", () => {
    const missed = survey(AT + SECOND, []);
    expect(now(missed, counters(AT + 2 * SECOND, 0, 0))).toBe(0);
    expect(now(missed, counters(AT + 2 * SECOND, 1, 0))).toBe(1);
    expect(now(counters(AT + 2 * SECOND, 0, 0))).toBe(1);
  });

  test("the remaining time comes from the kernel", () => {
    const at = AT + 50 * SECOND;
    const run = fold(...made, { ...survey(at, []), timeWaits: [timeWaitRow({ remainingMs: 40_000 })] });
    run.model.fold(tick(AT + 80 * SECOND));
    expect(churn(run).total.now).toBe(1);
    run.model.fold(tick(AT + 92 * SECOND));
    expect(churn(run).total.now).toBe(0);
  });
});

const shows = (at: number, ...rows: ReturnType<typeof timeWaitRow>[]): Survey => ({
  ...survey(at, []),
  timeWaits: rows,
});

describe("a mini-socket in a survey", () => {
  test("that is older than tcptrace is current, but not created", () => {
    const run = fold(tracing(AT), shows(AT + 1, timeWaitRow({ remainingMs: 20_000 })), tick(AT + SECOND));
    expect(churn(run)).toMatchObject({ total: { now: 1 }, processes: [], unowned: { entered: 0, now: 1 } });
  });

  test("that is so new that its event must be pending waits for it", () => {
    const run = fold(tracing(0), shows(AT, timeWaitRow({ remainingMs: 59_990 })), tick(AT + SECOND));
    expect(churn(run).total.now).toBe(0);
  });

  test("that may still be reported, since events lag, waits for them", () => {
    const late = [tracing(0), tick(AT - 10 * SECOND), ...closing(AT - 6 * SECOND)];
    const run = fold(...late, shows(AT, timeWaitRow({ remainingMs: 55_000 })), left(AT - 5 * SECOND, DONE));
    expect(standing(run)).toEqual([[9, 1, 1]]);
    expect(churn(run).unowned).toBeNull();
  });

  test("that was charged by it is not charged again when its end is inferred", () => {
    const shown = shows(AT + 10 * SECOND, timeWaitRow({ remainingMs: 51_000 }));
    const run = fold(tracing(0), ...closing(AT), tick(AT + 10 * SECOND), shown, tick(AT + 11 * SECOND));
    expect(standing(run)).toEqual([[9, 1, 1]]);
    expect(churn(run)).toMatchObject({ unowned: null, destinations: [{ inUse: 1 }] });
  });

  test("is the same as the basic program reported without a namespace", () => {
    const bare = { evidence: null, inode: null, netns: null };
    const two = { namespaces: [NETNS, NETNS + 1] };
    const end = transition(AT + 4, TCP.FIN_WAIT2, TCP.CLOSE, bare);
    const run = fold(tracing(0), { ...survey(1, []), ...two }, ...closing(AT, CLIENT, bare), end, tick(AT + SECOND), {
      ...shows(AT + SECOND, timeWaitRow({ remainingMs: 59_000 })),
      ...two,
    });
    expect(standing(run)).toEqual([[9, 1, 1]]);
    expect(churn(run)).toMatchObject({ total: { now: 1 }, unowned: null });
  });

  test("that has expired is not added again", () => {
    const run = fold(tracing(0), shows(AT, timeWaitRow({ remainingMs: 0 })));
    expect(churn(run).total.now).toBe(0);
  });

  test("has an unknown creator if it was not traced", () => {
    const run = fold(tracing(0), tick(AT), shows(AT, timeWaitRow({ remainingMs: 55_000 })), tick(AT + SECOND));
    expect(churn(run)).toMatchObject({ processes: [], unowned: { entered: 1, now: 1 } });
  });
});

test("without a tracer, the last holder of the socket is charged", () => {
  const before = survey(AT, [row(TCP.ESTABLISHED)], [holder(9, 70)]);
  const after = {
    ...survey(AT + SECOND, []),
    timeWaits: [timeWaitRow({ remainingMs: 59_500 }), timeWaitRow({ localPort: 40_001, remainingMs: 59_500 })],
  };
  const run = fold(polling(1), before, after);
  expect(standing(run)).toEqual([[9, 1, 1]]);
  expect(churn(run)).toMatchObject({ unowned: { entered: 1, now: 1 }, destinations: [{ timeWait: 2 }] });
});

test("another process with the pid of the one that closed is not charged", () => {
  const later = { ...holder(9), startTime: 777, comm: "innocent" };
  const first: TraceEvent = { kind: "process", at: AT, process: holder(9) };
  const then: TraceEvent = { kind: "process", at: AT + SECOND, process: later };
  const run = fold(tracing(0), first, ...closing(AT), left(AT + 4, DONE), then);
  expect(churn(run)).toMatchObject({
    processes: [{ pid: 9, comm: "p9", now: 1 }],
    unowned: null,
    destinations: [{ users: [{ pid: 9, comm: "p9", inUse: 1 }] }],
  });
});

test("a filter selects what is counted, but not which ports are in use", () => {
  const parsed = parseFilter("pid:8");
  if (!parsed.ok) throw new Error(parsed.error);
  const model = new Model(parsed.filter);
  const other = closing(AT + MS, taskOf(8), { address: 0xc1, localPort: 40_001 });
  const end = transition(AT + 2 * MS, TCP.FIN_WAIT2, TCP.CLOSE, { address: 0xc1, localPort: 40_001, evidence: DONE });
  for (const event of [tracing(0), ...closing(AT), left(AT + 4, DONE), ...other, end]) model.fold(event);
  expect(buildChurn(model.tables)).toMatchObject({
    total: { now: 1 },
    processes: [{ pid: 8, now: 1 }],
    destinations: [{ timeWait: 1, inUse: 2 }],
  });
});

test("compared with the kernel's own count, since the start", () => {
  const run = fold(tracing(0), counters(AT, 3, 100), counters(AT + SECOND, 4, 112));
  const expected = { now: 0, kernel: 4, limit: null, overflowed: 12, recycled: 0 };
  expect(churn(run).total).toMatchObject(expected);
  expect(churn(run).namespaces).toMatchObject([{ netns: NETNS, ...expected }]);
  // Counters that fall belong to a new namespace.
  run.model.fold(counters(AT + 2 * SECOND, 1, 3));
  expect(churn(run).total).toMatchObject({ overflowed: 0 });
});
