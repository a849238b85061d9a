import type { DetailsSeen, SocketDetail } from "#src/model/events/details.ts";
import type { Accept, Evidence, Task, Tick, TraceEvent, Transition } from "#src/model/events/event.ts";
import type { Survey, SurveyedProcess, SurveyedSocket, SurveyedTimeWait } from "#src/model/events/survey.ts";
import { Model } from "#src/model/fold/model.ts";
import type { Socket } from "#src/model/sockets/socket.ts";
import { stateName, TCP, type TcpState } from "#src/model/net/tcp-state.ts";
import type { TransitionRow } from "#src/model/sockets/transition-row.ts";

export const MS = 1e6;
export const SECOND = 1e9;
export const NETNS = 0xf000_0000;
export const LOOPBACK = 0x7f00_0001;

/** The evidence of an ordinary struct sock. */
export const CALM: Evidence = { dead: false, done: false, acked: false, noFinWait2: false, error: 0, left: "unknown" };

/** A process with a distinct name. */
export function taskOf(pid: number): Task {
  return { pid, uid: 1000, comm: `p${pid}` };
}

/** A transition of a client's socket, 127.0.0.1:40000 to 127.0.0.1:80, with these fields overridden. */
export function transition(at: number, from: TcpState, to: TcpState, fields: Partial<Transition> = {}): Transition {
  return {
    kind: "transition",
    at,
    address: 0xc0,
    from,
    to,
    netns: NETNS,
    localAddress: LOOPBACK,
    localPort: 40_000,
    remoteAddress: LOOPBACK,
    remotePort: 80,
    inode: 0,
    evidence: CALM,
    task: null,
    ...fields,
  };
}

/** A listener on port 80 of all addresses, held by this process. */
export function listening(at: number, pid: number, fields: Partial<Transition> = {}): Transition {
  const ends = { localAddress: 0, localPort: 80, remoteAddress: 0, remotePort: 0 };
  return transition(at, TCP.CLOSE, TCP.LISTEN, { address: 0xa0, inode: 50, task: taskOf(pid), ...ends, ...fields });
}

/** The server's side of `transition`'s connection, from that listener. */
export function child(at: number, from: TcpState, to: TcpState, fields: Partial<Transition> = {}): Transition {
  return transition(at, from, to, { address: 0xb0, localPort: 80, remotePort: 40_000, ...fields });
}

export function accept(at: number, pid: number, fields: Partial<Accept> = {}): Accept {
  return { kind: "accept", at, address: 0xb0, inode: 60, fd: 5, task: taskOf(pid), ...fields };
}

export function tick(at: number): Tick {
  return { kind: "tick", at, watermark: at };
}

/** A row of /proc/net/tcp with the tuple of `transition`. */
export function row(state: TcpState, fields: Partial<SurveyedSocket> = {}): SurveyedSocket {
  return {
    netns: NETNS,
    state,
    localAddress: LOOPBACK,
    localPort: 40_000,
    remoteAddress: LOOPBACK,
    remotePort: 80,
    inode: 70,
    uid: 1000,
    receiveQueue: 0,
    transmitQueue: 0,
    ...fields,
  };
}

/** The row of `listening`. */
export function listenerRow(fields: Partial<SurveyedSocket> = {}): SurveyedSocket {
  const ends = { localAddress: 0, localPort: 80, remoteAddress: 0, remotePort: 0 };
  return row(TCP.LISTEN, { inode: 50, ...ends, ...fields });
}

/** The row of `child`. */
export function childRow(state: TcpState, fields: Partial<SurveyedSocket> = {}): SurveyedSocket {
  return row(state, { localPort: 80, remotePort: 40_000, inode: 0, ...fields });
}

/** The mini-socket that `transition`'s client leaves behind when it closes first. */
export function timeWaitRow(fields: Partial<SurveyedTimeWait> = {}): SurveyedTimeWait {
  const { netns, localAddress, localPort, remoteAddress, remotePort } = row(TCP.TIME_WAIT);
  const ends = { netns, localAddress, localPort, remoteAddress, remotePort };
  return { ...ends, state: TCP.TIME_WAIT, remainingMs: 60_000, ...fields };
}

export function holder(pid: number, ...inodes: readonly number[]): SurveyedProcess {
  return {
    pid,
    comm: `p${pid}`,
    cmdline: `/bin/p${pid}`,
    uid: 1000,
    startTime: pid,
    fdUsed: 10,
    fdLimit: 1024,
    container: null,
    unit: null,
    sockets: inodes.map((inode, index) => ({ inode, fd: index + 3 })),
  };
}

/** A survey that began at `at` and took 5 ms. */
export function survey(
  at: number,
  sockets: readonly SurveyedSocket[],
  processes: readonly SurveyedProcess[] = [],
): Survey {
  const until = at + 5 * MS;
  const nothing = { timeWaits: [], unreadable: [], namespaces: [NETNS] };
  return { kind: "survey", at, until, complete: true, sockets, processes, ...nothing };
}

/** Details of the socket of `row`; by default it has been idle for as long as the kernel can say. */
export function detail(fields: Partial<SocketDetail> = {}): SocketDetail {
  const { netns, localAddress, localPort, remoteAddress, remotePort, inode } = row(TCP.CLOSE_WAIT);
  const ends = { netns, localAddress, localPort, remoteAddress, remotePort, inode };
  return { ...ends, lastAckMs: 0, lastSentMs: 1e9, ...fields };
}

/** A request for details at that moment, answered at once. */
export function asked(at: number, ...details: readonly SocketDetail[]): DetailsSeen {
  return { kind: "details", at, askedAt: at, details, backlogs: [] };
}

export function tracing(at: number): TraceEvent {
  return { kind: "source", at, source: "bpf", ready: true, detail: "bpftrace" };
}

export function polling(at: number): TraceEvent {
  return { kind: "source", at, source: "proc", ready: true, detail: "/proc" };
}

export function skipped(at: number, count: number): TraceEvent {
  return { kind: "loss", at, count, where: "kernel" };
}

export function dropped(at: number, count: number): TraceEvent {
  return { kind: "loss", at, count, where: "bpf" };
}

/** A row as it was when it was reported. */
interface Reported {
  readonly id: number;
  readonly change: string;
  readonly pid: number | null;
  readonly owner: string;
  readonly cause: string | null;
  readonly inState: number | null;
}

export interface Run {
  readonly model: Model;
  readonly reported: readonly Reported[];
  readonly rows: readonly TransitionRow[];
  readonly sockets: readonly Socket[];
}

/** Folds the events into a new model. */
export function fold(...events: readonly TraceEvent[]): Run {
  const model = new Model();
  const reported: Reported[] = [];
  const rows: TransitionRow[] = [];
  model.onTransition = (one) => {
    const { socket, from, to, owner, cause, inState } = one;
    const change = `${stateName(from)}→${stateName(to)}`;
    reported.push({ id: socket.id, change, pid: owner.pid, owner: owner.evidence, cause, inState });
    rows.push(one);
  };
  for (const event of events) model.fold(event);
  return { model, reported, rows, sockets: [...model.tables.sockets] };
}

/** The reported state changes, without the other fields. */
export function changes({ reported }: Run): string[] {
  return reported.map(({ change }) => change);
}
