import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import type { Snapshot } from "#src/model/reports/snapshot.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import {
  accept,
  child,
  fold,
  holder,
  listenerRow,
  listening,
  LOOPBACK,
  polling,
  row,
  SECOND,
  survey,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

function snapshotOf(...events: readonly TraceEvent[]): Snapshot {
  return buildSnapshot(fold(...events).model.tables, 60_000);
}

/** A client's socket of this process that has been in CLOSE_WAIT since `at`. */
function leak(
  at: number,
  pid: number,
  address: number,
  fields: { remoteAddress?: number; remotePort?: number } = {},
): TraceEvent[] {
  const ends = { address, localPort: address, ...fields };
  return [
    transition(at, TCP.CLOSE, TCP.SYN_SENT, { ...ends, task: taskOf(pid) }),
    transition(at, TCP.SYN_SENT, TCP.ESTABLISHED, ends),
    transition(at, TCP.ESTABLISHED, TCP.CLOSE_WAIT, ends),
  ];
}

describe("stuck", () => {
  test("means in CLOSE_WAIT for the threshold, to the nanosecond", () => {
    const events = leak(100 * SECOND, 9, 1000);
    expect(snapshotOf(...events, tick(160 * SECOND - 1))).toMatchObject({ stuck: 0, stuckAfterMs: 60_000 });
    expect(snapshotOf(...events, tick(160 * SECOND)).stuck).toBe(1);
  });

  test("is the sum over processes and unowned sockets", () => {
    const unowned = transition(0, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { address: 0xee });
    const snapshot = snapshotOf(
      unowned,
      ...leak(1, 9, 1000),
      ...leak(1, 9, 1001),
      ...leak(1, 10, 1002),
      tick(60 * SECOND + 1),
    );
    expect(snapshot.stuck).toBe(4);
    expect(snapshot.processes.map(({ pid, stuck }) => [pid, stuck])).toEqual([
      [9, 2],
      [10, 1],
    ]);
    expect(snapshot.unowned).toMatchObject({ stuck: 1, closeWait: 1 });
  });

  test("has an age that is a lower bound if the socket is older than the tracer", () => {
    const old = survey(100 * SECOND, [row(TCP.CLOSE_WAIT)], [holder(9, 70)]);
    const both = snapshotOf(tracing(1), old, ...leak(150 * SECOND, 9, 1000), tick(170 * SECOND));
    expect(both.processes[0]).toMatchObject({ oldestCloseWaitMs: 70_000, oldestIsAtLeast: true });
    const exact = snapshotOf(tracing(1), ...leak(150 * SECOND, 9, 1000), tick(170 * SECOND));
    expect(exact.processes[0]).toMatchObject({ oldestCloseWaitMs: 20_000, oldestIsAtLeast: false });
  });
});

describe("processes", () => {
  test("are sorted by stuck sockets, CLOSE_WAIT, rate and pid", () => {
    const young = 100 * SECOND;
    const busy = [1, 2, 3].flatMap((n) => [
      transition(young + n, TCP.CLOSE, TCP.SYN_SENT, { address: 0x50 + n, task: taskOf(50) }),
      transition(young + n, TCP.SYN_SENT, TCP.CLOSE, { address: 0x50 + n }),
    ]);
    const one = (pid: number): TraceEvent =>
      transition(young, TCP.CLOSE, TCP.SYN_SENT, { address: pid, task: taskOf(pid) });
    const idle = [31, 30].map(one);
    const snapshot = snapshotOf(
      ...leak(1, 90, 1000),
      ...[1001, 1002, 1003].flatMap((address) => leak(young, 80, address)),
      ...busy,
      ...idle,
      tick(young + SECOND),
    );
    expect(snapshot.processes.map(({ pid }) => pid)).toEqual([90, 80, 50, 30, 31]);
  });

  test("have their sockets counted by state", () => {
    const snapshot = snapshotOf(
      tracing(0),
      listening(1, 7),
      child(2, TCP.LISTEN, TCP.SYN_RECV),
      child(3, TCP.SYN_RECV, TCP.ESTABLISHED),
      accept(4, 7),
      transition(5, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(7) }),
    );
    expect(snapshot.processes).toMatchObject([
      {
        pid: 7,
        comm: "p7",
        listen: 1,
        established: 1,
        other: 1,
        closeWait: 0,
        oldestCloseWaitMs: null,
        closeWaitPeer: null,
      },
    ]);
    const { states } = snapshot;
    expect([states[TCP.LISTEN], states[TCP.ESTABLISHED], states[TCP.SYN_SENT], states[TCP.CLOSE_WAIT]]).toEqual([
      1, 1, 1, 0,
    ]);
  });

  test("have the facts from /proc, and null for unknown ones", () => {
    const known = snapshotOf(tracing(0), survey(1, [row(TCP.ESTABLISHED)], [holder(9, 70)]));
    expect(known.processes).toMatchObject([{ cmdline: "/bin/p9", user: 1000, fdUsed: 10, fdLimit: 1024 }]);
    const unknown = snapshotOf(tracing(0), transition(1, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(9) }));
    expect(unknown.processes).toMatchObject([{ cmdline: null, fdUsed: null, fdLimit: null }]);
  });

  test("with a reused pid start from zero", () => {
    const [old, next] = [holder(9), { ...holder(9), comm: "next", startTime: 77 }];
    const events: TraceEvent[] = [
      tracing(0),
      { kind: "process", at: 1, process: old },
      transition(2, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(9) }),
      transition(3, TCP.SYN_SENT, TCP.CLOSE),
    ];
    expect(snapshotOf(...events, { kind: "process", at: 4, process: old }).processes).toMatchObject([
      { transitions: 2 },
    ]);
    expect(snapshotOf(...events, { kind: "process", at: 4, process: next }).processes).toMatchObject([
      { pid: 9, comm: "next", transitions: 0 },
    ]);
  });

  test("have rates of opened and closed connections", () => {
    const at = 100 * SECOND;
    const events = [
      ...leak(at, 9, 1000),
      transition(at + 1, TCP.CLOSE_WAIT, TCP.LAST_ACK, { address: 1000, localPort: 1000, task: taskOf(9) }),
      transition(at + 2, TCP.LAST_ACK, TCP.CLOSE, { address: 1000, localPort: 1000 }),
    ];
    expect(snapshotOf(...events, tick(at + SECOND)).processes).toMatchObject([
      { transitions: 5, transitionsPerSecond: 5, openedPerSecond: 1, closedPerSecond: 1 },
    ]);
  });
});

describe("the peer of most sockets in CLOSE_WAIT", () => {
  test("of a client is the remote endpoint", () => {
    const far = { remoteAddress: 0x0a00_0002, remotePort: 443 };
    const events = [...leak(1, 9, 1000), ...leak(2, 9, 1001, far), ...leak(3, 9, 1002, far)];
    expect(snapshotOf(...events).processes[0]?.closeWaitPeer).toEqual({ endpoint: "10.0.0.2:443", count: 2 });
  });

  test("of a server is the remote address, since the ports all differ", () => {
    const events = [1, 2].flatMap((n) => [
      child(n, TCP.LISTEN, TCP.SYN_RECV, { address: n, remotePort: 40_000 + n }),
      child(n, TCP.SYN_RECV, TCP.ESTABLISHED, { address: n, remotePort: 40_000 + n }),
      accept(n, 7, { address: n, inode: 600 + n }),
      child(n, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { address: n, remotePort: 40_000 + n, inode: 600 + n }),
    ]);
    expect(snapshotOf(...events).processes[0]?.closeWaitPeer).toEqual({ endpoint: "127.0.0.1", count: 2 });
  });
});

describe("unowned sockets", () => {
  test("have a row of their own; null if there are none", () => {
    expect(snapshotOf(transition(1, TCP.CLOSE_WAIT, TCP.ESTABLISHED)).unowned).toMatchObject({ established: 1 });
    expect(snapshotOf(...leak(1, 9, 1000)).unowned).toBeNull();
  });

  test("leave out sockets that their process has closed", () => {
    const dying = transition(1, TCP.ESTABLISHED, TCP.FIN_WAIT1);
    const { unowned, states } = snapshotOf(dying);
    expect(unowned).toBeNull();
    expect(states[TCP.FIN_WAIT1]).toBe(1);
  });
});

test("a connection that is not accepted counts for the listening process", () => {
  const rows = [
    listenerRow(),
    row(TCP.CLOSE_WAIT, { localAddress: LOOPBACK, localPort: 80, remotePort: 40_000, inode: 0 }),
  ];
  const { processes, unowned } = snapshotOf(tracing(0), survey(1, rows, [holder(7, 50)]));
  expect(processes).toMatchObject([{ pid: 7, listen: 1, closeWait: 1 }]);
  expect(unowned).toBeNull();
});

test("the wall clock comes from the anchor; the source, losses and gaps are reported", () => {
  const snapshot = snapshotOf(
    { kind: "anchor", at: 5 * SECOND, wallMs: 1_700_000_000_000 },
    polling(5 * SECOND),
    { kind: "loss", at: 6 * SECOND, count: 3, where: "bpf" },
    { kind: "gap", at: 7 * SECOND, from: 6.5 * SECOND },
    tick(7.25 * SECOND),
  );
  expect(snapshot).toMatchObject({
    wallMs: 1_700_000_002_250,
    source: "proc",
    sourceDetail: "/proc",
    lost: 3,
    gapMs: 500,
  });
});

test.each([2 ** 32 + 7, 0xffff_ffff])("a pid too large for Linux, %d, is not confused with another one", (pid) => {
  const held = survey(SECOND, [row(TCP.CLOSE_WAIT)], [holder(7), holder(pid, 70)]);
  const { processes, unowned } = buildSnapshot(fold(tracing(0), held, tick(900 * SECOND)).model.tables, 1000);
  expect(processes.filter(({ stuck }) => stuck > 0).map((one) => one.pid)).toEqual([pid]);
  expect(unowned).toBeNull();
});
