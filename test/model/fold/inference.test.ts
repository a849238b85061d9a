import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { networkMadePath } from "#src/model/fold/inference.ts";
import { TCP, type TcpStateName } from "#src/model/net/tcp-state.ts";
import {
  changes,
  child,
  childRow,
  dropped,
  fold,
  holder,
  listenerRow,
  listening,
  MS,
  row,
  SECOND,
  skipped,
  survey,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

describe("the path that the network takes between two states", () => {
  test.each<[TcpStateName, TcpStateName, TcpStateName[]]>([
    ["SYN_SENT", "ESTABLISHED", ["ESTABLISHED"]],
    ["SYN_SENT", "CLOSE_WAIT", ["ESTABLISHED", "CLOSE_WAIT"]],
    ["ESTABLISHED", "CLOSE", ["CLOSE"]],
    ["FIN_WAIT1", "CLOSE", ["FIN_WAIT2", "CLOSE"]],
    ["FIN_WAIT1", "CLOSING", ["CLOSING"]],
    ["LAST_ACK", "CLOSE", ["CLOSE"]],
  ])("%s to %s is %s", (from, to, path) => {
    expect(networkMadePath(TCP[from], TCP[to])).toEqual(path.map((name) => TCP[name]));
  });

  test.each<[TcpStateName, TcpStateName]>([
    ["ESTABLISHED", "FIN_WAIT1"],
    ["ESTABLISHED", "LAST_ACK"],
    ["CLOSE_WAIT", "LAST_ACK"],
    ["CLOSE", "SYN_SENT"],
    ["CLOSE", "LISTEN"],
    ["LISTEN", "CLOSE"],
    ["CLOSE_WAIT", "ESTABLISHED"],
    ["ESTABLISHED", "ESTABLISHED"],
  ])("%s to %s needs a system call, or is no way at all", (from, to) => {
    expect(networkMadePath(TCP[from], TCP[to])).toEqual([]);
  });
});

/** A client that has closed; the kernel skipped all later transitions. */
const closing: readonly TraceEvent[] = [
  tracing(0),
  survey(1, []),
  transition(1 * SECOND, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(9) }),
  transition(1 * SECOND + 1, TCP.SYN_SENT, TCP.ESTABLISHED),
  transition(2 * SECOND, TCP.ESTABLISHED, TCP.FIN_WAIT1, { task: taskOf(9) }),
];
const SEEN = ["CLOSE→SYN_SENT", "SYN_SENT→ESTABLISHED", "ESTABLISHED→FIN_WAIT1"];
const FOUND = ["FIN_WAIT1→FIN_WAIT2", "FIN_WAIT2→CLOSE"];
const again = (at: number): TraceEvent =>
  transition(at, TCP.CLOSE, TCP.SYN_SENT, { localPort: 40_001, task: taskOf(9) });

describe("an end that the kernel skipped", () => {
  test("is inferred when another socket appears at the address", () => {
    const run = fold(...closing, skipped(3 * SECOND, 2), again(3 * SECOND));
    expect(changes(run)).toEqual([...SEEN, ...FOUND, "CLOSE→SYN_SENT"]);
    expect(run.reported.slice(3, 5)).toMatchObject([
      { cause: "poll", inState: null, pid: 9, id: 1 },
      { cause: "poll", inState: null, pid: 9, id: 1 },
    ]);
    expect(run.reported[5]?.id).not.toBe(1);
    expect(run.model.tables.counts).toMatchObject({ transitions: 6, lost: 0, contradictions: 1, inferred: 2 });
    expect(run.sockets.map(({ state, localPort }) => [state, localPort])).toEqual([[TCP.SYN_SENT, 40_001]]);
  });

  test("is inferred from a survey, once the watermark has passed the survey's end", () => {
    const surveyed = [...closing, skipped(3 * SECOND, 2), survey(3 * SECOND, [])];
    expect(changes(fold(...surveyed, tick(3 * SECOND + 4 * MS)))).toEqual(SEEN);
    const run = fold(...surveyed, tick(3 * SECOND + 5 * MS));
    expect(changes(run)).toEqual([...SEEN, ...FOUND]);
    expect(run.model.tables.counts).toMatchObject({ transitions: 5, lost: 0 });
    expect(run.sockets).toEqual([]);
  });

  test("stays missing until it is inferred", () => {
    expect(fold(...closing, skipped(3 * SECOND, 2)).model.tables.counts.lost).toBe(2);
  });

  test("was only delayed if its events still arrive", () => {
    const run = fold(
      ...closing,
      survey(3 * SECOND, []),
      transition(3 * SECOND + 1, TCP.FIN_WAIT1, TCP.FIN_WAIT2),
      transition(3 * SECOND + 2, TCP.FIN_WAIT2, TCP.CLOSE),
      tick(4 * SECOND),
    );
    expect(changes(run)).toEqual([...SEEN, ...FOUND]);
    expect(run.reported.map(({ cause }) => cause)).not.toContain("poll");
    expect(run.model.tables.counts.contradictions).toBe(0);
  });

  test.each([
    ["within five seconds after the buffer was full", 4.9, SEEN],
    ["more than five seconds after the buffer was full", 5.1, [...SEEN, ...FOUND]],
  ])("is inferred or not %s (%d s)", (_name, seconds, expected) => {
    const lost = dropped(3 * SECOND, 10);
    const run = fold(...closing, lost, again((3 + seconds) * SECOND));
    expect(changes(run)).toEqual([...expected, "CLOSE→SYN_SENT"]);
    expect(run.model.tables.counts.dropped).toBe(10);
    expect(run.sockets.length).toBe(1);
  });
});

test("a skipped change in mid-life is inferred at the next one", () => {
  const closeWait = transition(2 * SECOND, TCP.CLOSE_WAIT, TCP.LAST_ACK, { task: taskOf(9) });
  const run = fold(...closing.slice(0, 4), closeWait);
  expect(changes(run)).toEqual([...SEEN.slice(0, 2), "ESTABLISHED→CLOSE_WAIT", "CLOSE_WAIT→LAST_ACK"]);
});

test("a change that only a system call can cause is not inferred", () => {
  const run = fold(...closing.slice(0, 4), transition(2 * SECOND, TCP.FIN_WAIT1, TCP.FIN_WAIT2));
  expect(changes(run)).toEqual([...SEEN.slice(0, 2), "FIN_WAIT1→FIN_WAIT2"]);
  expect(run.model.tables.counts.contradictions).toBe(1);
});

describe("a server's connection whose start the kernel skipped", () => {
  const seeded = [listening(0, 7), tracing(1), survey(2, [listenerRow()], [holder(7, 50)])];
  const sight = child(1 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT);
  const BIRTH = ["LISTEN→SYN_RECV", "SYN_RECV→ESTABLISHED"];

  test("is inferred when it appears in mid-life, and is charged to the listener", () => {
    const run = fold(...seeded, skipped(3, 2), sight);
    expect(changes(run)).toEqual(["CLOSE→LISTEN", ...BIRTH, "ESTABLISHED→CLOSE_WAIT"]);
    for (const reported of run.reported.slice(1)) expect(reported).toMatchObject({ pid: 7, owner: "listener" });
    expect(run.model.tables.counts.lost).toBe(0);
  });

  test("is inferred with all later changes", () => {
    const run = fold(...seeded, skipped(3, 3), child(1 * SECOND, TCP.CLOSE_WAIT, TCP.LAST_ACK, { task: taskOf(7) }));
    expect(changes(run)).toEqual(["CLOSE→LISTEN", ...BIRTH, "ESTABLISHED→CLOSE_WAIT", "CLOSE_WAIT→LAST_ACK"]);
  });

  test.each<[string, readonly TraceEvent[]]>([
    ["the kernel admits to have skipped less", [...seeded, skipped(3, 1)]],
    ["the kernel admits to no skip", seeded],
    ["sockets older than the tracer are not all known yet", [listening(0, 7), tracing(1), skipped(3, 2)]],
    ["nobody listens there", [tracing(1), survey(2, []), skipped(3, 2)]],
    ["the buffer was full just before", [...seeded, skipped(3, 2), dropped(4, 1)]],
  ])("is not made up where %s", (_name, before) => {
    expect(changes(fold(...before, sight)).filter((change) => BIRTH.includes(change))).toEqual([]);
  });
});

test("a survey that shows a traced socket in its state keeps its age, and nothing is inferred", () => {
  const established = [
    ...closing.slice(0, 4),
    survey(3 * SECOND, [row(TCP.ESTABLISHED)], [holder(9, 70)]),
    tick(9 * SECOND),
  ];
  const run = fold(...established);
  expect(run.reported.length).toBe(2);
  expect(run.sockets[0]).toMatchObject({ since: 1 * SECOND + 1, sinceIsExact: true });
});

test("a survey reveals a skipped change of a server's connection", () => {
  const events = [
    listening(0, 7),
    tracing(1),
    child(10, TCP.LISTEN, TCP.SYN_RECV),
    child(11, TCP.SYN_RECV, TCP.ESTABLISHED),
    skipped(1 * SECOND, 1),
    survey(2 * SECOND, [listenerRow(), childRow(TCP.CLOSE_WAIT)], [holder(7, 50)]),
    tick(3 * SECOND),
  ];
  const run = fold(...events);
  expect(run.reported.at(-1)).toMatchObject({ change: "ESTABLISHED→CLOSE_WAIT", cause: "poll", pid: 7 });
  expect(run.sockets.find(({ state }) => state === TCP.CLOSE_WAIT)?.sinceIsExact).toBe(false);
});
