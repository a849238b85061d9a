import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import {
  changes,
  child,
  childRow,
  fold,
  holder,
  listenerRow,
  MS,
  row,
  type Run,
  SECOND,
  survey,
  timeWaitRow,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

const AT = 100 * SECOND;

/** A client's connection of process 9, traced from its start. */
const opening: readonly TraceEvent[] = [
  transition(AT, TCP.CLOSE, TCP.SYN_SENT, { inode: 70, task: taskOf(9) }),
  transition(AT + 1, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
];
const traced: readonly TraceEvent[] = [tracing(0), ...opening];

function closeWaitRow(run: Run, pid: number): unknown {
  return buildSnapshot(run.model.tables, 60_000).processes.find((process) => process.pid === pid);
}

describe("a socket older than the tracer", () => {
  test("belongs to its holder by inode, and its age is a lower bound", () => {
    const run = fold(tracing(AT), survey(AT, [row(TCP.CLOSE_WAIT)], [holder(9, 70)]), tick(AT + 90 * SECOND));
    expect(run.sockets[0]).toMatchObject({
      owner: { pid: 9, evidence: "inode" },
      holders: [{ pid: 9, fd: 3 }],
      since: AT,
      sinceIsExact: false,
      inode: 70,
    });
    expect(closeWaitRow(run, 9)).toMatchObject({
      comm: "p9",
      closeWait: 1,
      stuck: 1,
      oldestCloseWaitMs: 90_000,
      oldestIsAtLeast: true,
    });
    expect(run.reported).toEqual([]);
  });

  test("stays the same socket at its first event, and keeps its process", () => {
    const run = fold(
      tracing(AT),
      survey(AT, [row(TCP.ESTABLISHED)], [holder(9, 70)]),
      transition(AT + SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 }),
    );
    expect(run.sockets.length).toBe(1);
    expect(run.reported).toMatchObject([{ id: 1, pid: 9, owner: "inode", inState: null }]);
    expect(run.sockets[0]).toMatchObject({ since: AT + SECOND, sinceIsExact: true });
  });

  test("is matched by tuple if the event has no inode", () => {
    const run = fold(
      tracing(AT),
      survey(
        AT,
        [row(TCP.ESTABLISHED), row(TCP.ESTABLISHED, { netns: 5, inode: 71 })],
        [holder(9, 70), holder(10, 71)],
      ),
      transition(AT + SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: null }),
    );
    expect(run.sockets.length).toBe(2);
    expect(run.reported).toMatchObject([{ pid: 9 }]);
  });

  test("has all processes that share it as holders", () => {
    const run = fold(tracing(AT), survey(AT, [row(TCP.ESTABLISHED)], [holder(9, 70), holder(10, 70, 70)]));
    expect(run.sockets[0]).toMatchObject({ owner: { pid: 9 }, holders: [{ pid: 9 }, { pid: 10 }] });
  });

  test("has no owner if no visible process holds it", () => {
    const run = fold(tracing(AT), survey(AT, [row(TCP.ESTABLISHED)]));
    expect(run.sockets[0]?.owner).toEqual({ pid: null, evidence: "unknown" });
  });
});

describe("a traced event", () => {
  const closeWait = transition(AT + SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 });

  test("after the start of a survey overrides the older state in it", () => {
    const run = fold(
      ...traced,
      survey(AT + SECOND - 1, [row(TCP.ESTABLISHED)], [holder(9, 70)]),
      closeWait,
      tick(AT + 9 * SECOND),
    );
    expect(run.sockets[0]?.state).toBe(TCP.CLOSE_WAIT);
    expect(run.model.tables.counts.contradictions).toBe(0);
  });

  test("is not reported twice if a survey showed it before", () => {
    const run = fold(
      ...traced,
      survey(AT + SECOND - 1, [row(TCP.CLOSE_WAIT)], [holder(9, 70)]),
      closeWait,
      tick(AT + 9 * SECOND),
    );
    expect(changes(run)).toEqual(["CLOSE→SYN_SENT", "SYN_SENT→ESTABLISHED", "ESTABLISHED→CLOSE_WAIT"]);
    expect(run.reported.at(-1)).toMatchObject({ cause: "fin", inState: SECOND - 1 });
  });

  test("that has arrived overrides a survey that began before it", () => {
    const run = fold(
      ...traced,
      closeWait,
      survey(AT + SECOND - 1, [row(TCP.ESTABLISHED)], [holder(9, 70)]),
      tick(AT + 9 * SECOND),
    );
    expect(run.sockets[0]).toMatchObject({ state: TCP.CLOSE_WAIT, since: AT + SECOND, sinceIsExact: true });
  });

  test("a socket newer than the survey is not removed by it", () => {
    const run = fold(...traced, survey(AT - 1, []), tick(AT + 9 * SECOND));
    expect(run.sockets.length).toBe(1);
  });

  test("a socket that a survey showed first is one socket, charged to its process from connect() on", () => {
    const shown = survey(AT - 1, [row(TCP.ESTABLISHED)], [holder(8, 70)]);
    const run = fold(tracing(0), shown, ...opening, tick(AT + SECOND));
    expect(run.sockets.length).toBe(1);
    expect(run.reported).toMatchObject([
      { pid: 9, owner: "syscall" },
      { pid: 9, owner: "syscall" },
    ]);
  });
});

describe("a close that was missed", () => {
  test("keeps the socket until a survey without it is settled", () => {
    const missing = survey(AT + SECOND, []);
    expect(fold(...traced, missing, tick(AT + SECOND + 4 * MS)).sockets.length).toBe(1);
    const run = fold(...traced, missing, tick(AT + SECOND + 5 * MS));
    expect(run.sockets).toEqual([]);
    expect(run.reported.at(-1)).toMatchObject({ change: "ESTABLISHED→CLOSE", cause: "poll" });
  });

  test("removes an untraced socket at once", () => {
    const run = fold(
      tracing(AT),
      survey(AT, [row(TCP.ESTABLISHED)], [holder(9, 70)]),
      survey(AT + SECOND, [], [holder(9)]),
    );
    expect(run.sockets).toEqual([]);
  });
});

describe("after a time without a tracer", () => {
  test.each([
    ["inode", { inode: null }],
    ["inode and namespace", { inode: null, netns: null, evidence: null }],
  ])("a socket whose %s is unknown is matched by its tuple and keeps its age", (_unknown, fields) => {
    const events = [
      tracing(0),
      transition(AT, TCP.CLOSE, TCP.SYN_SENT, { ...fields, task: taskOf(9) }),
      transition(AT + 1, TCP.SYN_SENT, TCP.ESTABLISHED, fields),
    ];
    const gap: TraceEvent = { kind: "gap", from: AT + 2, at: AT + SECOND };
    const shown = survey(AT + 2 * SECOND, [row(TCP.ESTABLISHED)], [holder(9, 70)]);
    const run = fold(...events, gap, shown, tick(AT + 3 * SECOND));
    expect(run.sockets).toMatchObject([{ id: 1, since: AT + 1, sinceIsExact: true, inode: 70 }]);
  });
});

describe("the owner", () => {
  test("changes to another holder when the first one has closed", () => {
    const shared = survey(AT + SECOND, [row(TCP.ESTABLISHED)], [holder(9, 70), holder(10, 70)]);
    const both = fold(...traced, shared);
    expect(both.sockets[0]).toMatchObject({
      owner: { pid: 9, evidence: "syscall" },
      holders: [{ pid: 9 }, { pid: 10 }],
    });
    const run = fold(...traced, shared, survey(AT + 2 * SECOND, [row(TCP.ESTABLISHED)], [holder(10, 70)]));
    expect(run.sockets[0]).toMatchObject({ owner: { pid: 10, evidence: "inode" }, holders: [{ pid: 10 }] });
  });

  test("stays the traced one while it is a holder", () => {
    const run = fold(...traced, survey(AT + SECOND, [row(TCP.ESTABLISHED)], [holder(8, 70), holder(9, 70)]));
    expect(run.sockets[0]?.owner).toEqual({ pid: 9, evidence: "syscall" });
  });

  test("of a connection is the listener until a process accepts it", () => {
    const rows = [childRow(TCP.CLOSE_WAIT), listenerRow()];
    const waiting = survey(AT, rows, [holder(7, 50)]);
    expect(fold(tracing(AT), waiting).sockets.find(({ state }) => state === TCP.CLOSE_WAIT)).toMatchObject({
      owner: { pid: 7, evidence: "listener" },
      role: "server",
    });
    const accepted = survey(
      AT + SECOND,
      [listenerRow(), childRow(TCP.CLOSE_WAIT, { inode: 60 })],
      [holder(7, 50), holder(8, 60)],
    );
    const run = fold(tracing(AT), waiting, accepted);
    expect(run.sockets.find(({ state }) => state === TCP.CLOSE_WAIT)?.owner).toEqual({ pid: 8, evidence: "inode" });
    expect(run.sockets.length).toBe(2);
  });

  test("of a traced connection without events of its own process is found by inode", () => {
    const events = [child(AT, TCP.LISTEN, TCP.SYN_RECV), child(AT + 1, TCP.SYN_RECV, TCP.ESTABLISHED)];
    const accepted = survey(AT + SECOND, [childRow(TCP.ESTABLISHED, { inode: 60 })], [holder(8, 60)]);
    const run = fold(tracing(0), ...events, accepted);
    expect(run.sockets).toMatchObject([{ owner: { pid: 8, evidence: "inode" }, inode: 60, sinceIsExact: true }]);
    expect(run.model.tables.counts).toMatchObject({ transitions: 2, attributed: 2 });
  });

  test("is accompanied by the note that some processes could not be read", () => {
    const timeWaits = [40_000, 40_001].map((localPort) => timeWaitRow({ localPort, remainingMs: 30_000 }));
    const run = fold(tracing(0), tick(AT), { ...survey(AT, []), complete: false, timeWaits });
    const { complete, states } = buildSnapshot(run.model.tables, 60_000);
    expect([complete, states[TCP.TIME_WAIT]]).toEqual([false, 2]);
  });
});

test("an idle process without sockets is dropped, one that holds a socket is not", () => {
  const rows = [row(TCP.ESTABLISHED)];
  const gone = transition(AT, TCP.CLOSE, TCP.CLOSE, { address: 0xd0, task: taskOf(8) });
  const run = fold(
    tracing(0),
    gone,
    survey(AT, rows, [holder(9, 70)]),
    survey(AT + 61 * SECOND, rows, [holder(9, 70)]),
  );
  expect([...run.model.tables.processes].map(({ pid }) => pid)).toEqual([9]);
});

test("a polled connection that gets its port later is removed with its row", () => {
  const early = row(TCP.ESTABLISHED, { localPort: 0 });
  const polls = [[early], [row(TCP.ESTABLISHED)], [], [{ ...early, inode: 0 }]];
  const run = fold(tracing(0), ...polls.map((rows, index) => survey(AT + index * SECOND, rows)));
  expect(run.sockets.map(({ id }) => id)).toEqual([2]);
});

test("a listener first seen at its close() counts as the listener of its connections", () => {
  const closing = { address: 0xa0, localAddress: 0, localPort: 80, remoteAddress: 0, remotePort: 0, inode: 50 };
  const { model, sockets } = fold(tracing(0), transition(AT, TCP.LISTEN, TCP.LISTEN, { ...closing, task: taskOf(7) }));
  const ends = { netns: 1, localAddress: 0x7f00_0001, localPort: 80, remoteAddress: 0, remotePort: 0 };
  expect(model.tables.sockets.listeners.accepting({ ...ends, netns: null })).toEqual(sockets);
});

test("a listener whose port is first known from /proc is found by it", () => {
  const early = transition(AT, TCP.CLOSE, TCP.LISTEN, { localPort: 0, remotePort: 0, inode: 50, task: taskOf(7) });
  const { sockets, model } = fold(tracing(0), early, survey(AT + SECOND, [listenerRow()]));
  expect(model.tables.sockets.listeners.accepting(childRow(TCP.ESTABLISHED))).toEqual(sockets);
});
