import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import {
  accept,
  CALM,
  changes,
  child,
  childRow,
  fold,
  holder,
  listening,
  LOOPBACK,
  MS,
  row,
  SECOND,
  survey,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

const LOOPBACK6 = `${"0".repeat(31)}1`;
const ANY6 = "0".repeat(32);
const SERVER = 7;
const CLIENT = 9;

/** docs/kernel-facts.md: a connection on loopback that the client closes first, as the kernel reports it. */
function reference(local: number | string, any: number | string): TraceEvent[] {
  const ends = { localAddress: local, remoteAddress: local };
  const softirq = { ...ends, inode: 70 };
  const served = { ...ends, inode: 60 };
  return [
    tracing(0),
    listening(1 * MS, SERVER, { localAddress: any, remoteAddress: any }),
    transition(10 * MS, TCP.CLOSE, TCP.SYN_SENT, { ...softirq, localPort: 0, task: taskOf(CLIENT) }),
    child(11 * MS, TCP.LISTEN, TCP.SYN_RECV, ends),
    child(12 * MS, TCP.SYN_RECV, TCP.ESTABLISHED, ends),
    transition(13 * MS, TCP.SYN_SENT, TCP.ESTABLISHED, softirq),
    accept(14 * MS, SERVER),
    transition(20 * MS, TCP.ESTABLISHED, TCP.FIN_WAIT1, { ...softirq, task: taskOf(CLIENT) }),
    child(21 * MS, TCP.ESTABLISHED, TCP.CLOSE_WAIT, served),
    transition(22 * MS, TCP.FIN_WAIT1, TCP.FIN_WAIT2, { ...ends, evidence: { ...CALM, dead: true } }),
    transition(23 * MS, TCP.FIN_WAIT2, TCP.CLOSE, { ...ends, evidence: { ...CALM, dead: true } }),
    child(31 * MS, TCP.CLOSE_WAIT, TCP.LAST_ACK, { ...served, task: taskOf(SERVER) }),
    child(32 * MS, TCP.LAST_ACK, TCP.CLOSE, { ...ends, evidence: { ...CALM, dead: true, done: true } }),
  ];
}

describe.each([
  ["IPv4", LOOPBACK, 0],
  ["IPv6", LOOPBACK6, ANY6],
  ["IPv4 through a listener on [::]", LOOPBACK, ANY6],
])("the reference sequence on %s", (_family, local, any) => {
  const run = fold(...reference(local, any));

  test("has each change once, with its cause and the time in the state before", () => {
    expect(
      run.reported.map(({ id, change, cause, inState }) => [id, change, cause, inState === null ? null : inState / MS]),
    ).toEqual([
      [1, "CLOSE→LISTEN", "listen", null],
      [2, "CLOSE→SYN_SENT", "connect", null],
      [3, "LISTEN→SYN_RECV", "syn", null],
      [3, "SYN_RECV→ESTABLISHED", "accept-queue", 1],
      [2, "SYN_SENT→ESTABLISHED", "ack", 3],
      [2, "ESTABLISHED→FIN_WAIT1", "close", 7],
      [3, "ESTABLISHED→CLOSE_WAIT", "fin", 9],
      [2, "FIN_WAIT1→FIN_WAIT2", "ack", 2],
      [2, "FIN_WAIT2→CLOSE", "close", 1],
      [3, "CLOSE_WAIT→LAST_ACK", "close", 10],
      [3, "LAST_ACK→CLOSE", "ack", 1],
    ]);
  });

  test("has its owners: the caller, the acceptor, and before accept() the listener", () => {
    expect(run.reported.slice(0, 3).map(({ pid, owner }) => [pid, owner])).toEqual([
      [SERVER, "syscall"],
      [CLIENT, "syscall"],
      [SERVER, "listener"],
    ]);
    const owners = (id: number): string[] =>
      run.reported
        .slice(3)
        .filter((one) => one.id === id)
        .map(({ pid, owner }) => `${pid} ${owner}`);
    expect(new Set(owners(2))).toEqual(new Set([`${CLIENT} syscall`]));
    expect(owners(3)).toEqual([`${SERVER} listener`, `${SERVER} accept`, `${SERVER} syscall`, `${SERVER} syscall`]);
  });

  test("attributes all transitions, and only the listener is left", () => {
    expect(run.model.tables.counts).toMatchObject({ transitions: 11, attributed: 11, lost: 0, contradictions: 0 });
    expect(run.sockets.map(({ state, role }) => [state, role])).toEqual([[TCP.LISTEN, "listener"]]);
  });

  test("fills in the client's port, which was unknown at connect()", () => {
    expect(run.rows[1]?.socket).toMatchObject({
      localAddress: local,
      localPort: 40_000,
      remotePort: 80,
      role: "client",
    });
    expect(run.rows[2]?.socket).toMatchObject({ localPort: 80, remotePort: 40_000, role: "server" });
  });
});

describe("a socket's life", () => {
  const connect = transition(1 * SECOND, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(CLIENT) });

  test("at a reused address belongs to another socket", () => {
    const refused = transition(2 * SECOND, TCP.SYN_SENT, TCP.CLOSE, { evidence: { ...CALM, error: 111 } });
    const run = fold(connect, refused, { ...connect, at: 3 * SECOND, task: taskOf(10) });
    expect(run.reported.map(({ id, pid }) => [id, pid])).toEqual([
      [1, CLIENT],
      [1, CLIENT],
      [2, 10],
    ]);
  });

  test("ended unseen if another tuple appears at its address", () => {
    const events = [connect, transition(2 * SECOND, TCP.SYN_SENT, TCP.ESTABLISHED)];
    const other = transition(3 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { localPort: 50_000, remotePort: 443 });
    const run = fold(...events, other);
    expect(new Set(run.reported.slice(0, 2).map(({ id }) => id))).toEqual(new Set([1]));
    expect(run.reported.at(-1)?.id).not.toBe(1);
    expect(run.sockets.map(({ localPort }) => localPort)).toEqual([50_000]);
  });

  test("close() of a closed socket is not a transition, but removes it", () => {
    const run = fold(transition(1, TCP.CLOSE, TCP.CLOSE, { task: taskOf(CLIENT) }));
    expect(run.reported).toEqual([]);
    expect(run.model.tables.counts.transitions).toBe(0);
    expect(run.sockets).toEqual([]);
  });

  test("close() after shutdown() is not a transition, but names its process", () => {
    const half = { inode: 0, evidence: { ...CALM, dead: true } };
    const closing = [
      transition(1, TCP.ESTABLISHED, TCP.FIN_WAIT1),
      transition(2, TCP.FIN_WAIT1, TCP.FIN_WAIT1, { task: taskOf(10) }),
      transition(3, TCP.FIN_WAIT1, TCP.FIN_WAIT2, half),
    ];
    const run = fold(...closing);
    expect(changes(run)).toEqual(["ESTABLISHED→FIN_WAIT1", "FIN_WAIT1→FIN_WAIT2"]);
    expect(run.reported[1]).toMatchObject({ pid: 10, owner: "syscall", inState: 2 });
    expect(run.model.tables.counts).toMatchObject({ transitions: 2, attributed: 2 });
  });
});

test("a connection opened during a gap is not confused with the one whose kernel address it reuses", () => {
  const first = [
    tracing(0),
    transition(1 * SECOND, TCP.CLOSE, TCP.SYN_SENT, { inode: 70, task: taskOf(CLIENT) }),
    transition(1 * SECOND + 1, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
  ];
  const gap: TraceEvent = { kind: "gap", from: 2 * SECOND, at: 3 * SECOND };
  const other = survey(4 * SECOND, [row(TCP.ESTABLISHED, { localPort: 40_001, inode: 71 })], [holder(10, 71)]);
  const run = fold(...first, gap, other);
  expect(run.sockets).toMatchObject([{ id: 2, localPort: 40_001, owner: { pid: 10 } }]);
  const next = transition(5 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { localPort: 40_001, inode: 71 });
  const { reported, model } = fold(...first, gap, other, next);
  expect(reported.slice(2)).toMatchObject([{ id: 2, change: "ESTABLISHED→CLOSE_WAIT", pid: 10 }]);
  expect(model.tables.counts.contradictions).toBe(0);
});

describe("the owner", () => {
  const opening = [
    transition(1, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(CLIENT) }),
    transition(2, TCP.SYN_SENT, TCP.ESTABLISHED),
  ];

  test("is not the task that only held the lock during the network's work", () => {
    const run = fold(...opening, transition(3, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { task: taskOf(555) }));
    expect(run.reported.at(-1)).toMatchObject({ pid: CLIENT, owner: "syscall" });
  });

  test("is not the process that destroyed it with `ss -K`", () => {
    const killed = { evidence: { ...CALM, error: 103 }, task: taskOf(555) };
    const run = fold(...opening, transition(3, TCP.ESTABLISHED, TCP.CLOSE, killed));
    expect(run.reported.at(-1)).toMatchObject({ pid: CLIENT, cause: "abort" });
    const stranger = fold(transition(3, TCP.ESTABLISHED, TCP.CLOSE, killed));
    expect(stranger.reported).toMatchObject([{ pid: null, owner: "unknown" }]);
  });

  test("of a listener is not the process that destroyed it with `ss -K`, which leaves no error there", () => {
    const end = { from: TCP.LISTEN, to: TCP.CLOSE, at: 3, task: taskOf(555) } as const;
    expect(fold(listening(1, SERVER), { ...listening(3, 555), ...end }).reported.at(-1)).toMatchObject({ pid: SERVER });
  });

  test("of a connection is unknown with two processes on the port, until one accepts", () => {
    const two = [listening(1, 7), listening(2, 8, { address: 0xa1, inode: 51 })];
    const birth = [child(3, TCP.LISTEN, TCP.SYN_RECV), child(4, TCP.SYN_RECV, TCP.ESTABLISHED)];
    const run = fold(...two, ...birth);
    expect(run.reported.slice(2).map(({ pid }) => pid)).toEqual([null, null]);
    expect(run.model.tables.counts).toMatchObject({ transitions: 4, attributed: 2 });
    expect(fold(...two, ...birth, accept(5, 8)).model.tables.counts).toMatchObject({ transitions: 4, attributed: 4 });
  });

  test("of a client is not the process that accepts another socket at its address", () => {
    const run = fold(...opening, accept(3, 8, { address: 0xc0, inode: 61 }));
    expect(run.sockets).toMatchObject([{ owner: { pid: CLIENT, evidence: "syscall" } }]);
  });

  test("by accept is the acceptor, not the listener", () => {
    const events = [
      listening(1, 7),
      child(3, TCP.LISTEN, TCP.SYN_RECV),
      child(4, TCP.SYN_RECV, TCP.ESTABLISHED),
      accept(5, 8),
    ];
    const run = fold(...events, child(6, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 60 }));
    expect(run.reported.at(-1)).toMatchObject({ pid: 8, owner: "accept" });
  });
});

test("ages continue across a gap", () => {
  const leak = [
    listening(1, SERVER),
    tracing(2),
    child(3, TCP.LISTEN, TCP.SYN_RECV),
    child(4, TCP.SYN_RECV, TCP.ESTABLISHED),
    accept(5, SERVER),
    child(10 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 60 }),
  ];
  const gap: TraceEvent = { kind: "gap", from: 20 * SECOND, at: 25 * SECOND };
  const rows = [
    childRow(TCP.CLOSE_WAIT, { inode: 60 }),
    row(TCP.LISTEN, { inode: 50, localAddress: 0, localPort: 80, remoteAddress: 0, remotePort: 0 }),
  ];
  const after = survey(30 * SECOND, rows, [holder(SERVER, 50, 60)]);
  const run = fold(...leak, gap, after, tick(31 * SECOND));
  expect(run.sockets.find(({ state }) => state === TCP.CLOSE_WAIT)).toMatchObject({
    since: 10 * SECOND,
    sinceIsExact: true,
    id: 2,
  });
  expect(run.model.tables.source.gap).toBe(5 * SECOND);
  const closed = fold(
    ...leak,
    gap,
    after,
    child(40 * SECOND, TCP.CLOSE_WAIT, TCP.LAST_ACK, { inode: 60, task: taskOf(SERVER) }),
  );
  expect(closed.reported.at(-1)).toMatchObject({ id: 2, inState: 30 * SECOND, pid: SERVER });
});
