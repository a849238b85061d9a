import { countTransition } from "./ownership.ts";
import type { Tables } from "./tables.ts";
import { foldEstablished, foldTimeWait } from "./time-wait-fold.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Socket } from "../sockets/socket.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/**
 * The changes that the network makes, in softirq. Only those can be skipped: the kernel skips what interrupts a BPF
 * program, and a system call interrupts none. Resets come last.
 */
const NETWORK_MADE: Partial<Record<TcpState, readonly TcpState[]>> = {
  [TCP.SYN_SENT]: [TCP.ESTABLISHED, TCP.CLOSE],
  [TCP.SYN_RECV]: [TCP.ESTABLISHED, TCP.CLOSE],
  [TCP.ESTABLISHED]: [TCP.CLOSE_WAIT, TCP.CLOSE],
  [TCP.FIN_WAIT1]: [TCP.FIN_WAIT2, TCP.CLOSING],
  [TCP.FIN_WAIT2]: [TCP.CLOSE],
  [TCP.CLOSING]: [TCP.CLOSE],
  [TCP.CLOSE_WAIT]: [TCP.CLOSE],
  [TCP.LAST_ACK]: [TCP.CLOSE],
};

const DROP_MEMORY: Nanos = 5e9;

/** The shortest way from one state to another that system calls have no part in, without `from`; empty if none. */
export function networkMadePath(from: TcpState, to: TcpState): readonly TcpState[] {
  const paths: TcpState[][] = [[from]];
  for (const path of paths) {
    for (const next of NETWORK_MADE[path.at(-1) ?? from] ?? []) {
      if (next === to) return [...path.slice(1), next];
      if (!path.includes(next)) paths.push([...path, next]);
    }
  }
  return [];
}

type Report = (row: TransitionRow) => void;

/**
 * The socket is known to be in `to`, though it was not traced getting there. What the network must have done in between
 * is reported, with the cause `poll`: the time is when it was found, not when it happened.
 */
export function repair(tables: Tables, socket: Socket, to: TcpState, at: Nanos, report: Report): void {
  tables.counts.countContradiction();
  if (to === TCP.CLOSE) foldUnseenEnd(tables, socket, at);
  const path = networkMadePath(socket.state, to);
  if (path.length === 0 || !isClear(tables, at)) tables.sockets.setState(socket, to, at, false);
  else infer(tables, socket, path, at, report);
}

/** What the socket leaves behind: a descriptor without a socket, or a mini-socket. Surveys tell whether it is so. */
function foldUnseenEnd(tables: Tables, socket: Socket, at: Nanos): void {
  const { state } = socket;
  if (state === TCP.CLOSE_WAIT) tables.leakedDescriptors.suspect(socket, at);
  else if (state === TCP.FIN_WAIT1 || state === TCP.FIN_WAIT2 || state === TCP.CLOSING) {
    foldTimeWait(tables, socket, TCP.TIME_WAIT, at);
  }
}

/** A server's connection whose beginning the kernel skipped: from LISTEN through the handshake to `to`. */
export function repairBirth(tables: Tables, socket: Socket, to: TcpState, at: Nanos, report: Report): void {
  const path = [TCP.SYN_RECV, ...networkMadePath(TCP.SYN_RECV, to)];
  if (path.at(-1) !== to || tables.counts.missing < path.length || !isClear(tables, at)) return;
  tables.sockets.setRole(socket, "server");
  tables.sockets.setState(socket, TCP.LISTEN, at, false);
  infer(tables, socket, path, at, report);
}

/** Where the buffer overflowed, too, nobody can say which transitions are missing. */
function isClear(tables: Tables, at: Nanos): boolean {
  return at - tables.counts.droppedAt > DROP_MEMORY;
}

function infer(tables: Tables, socket: Socket, path: readonly TcpState[], at: Nanos, report: Report): void {
  for (const to of path) {
    const from = socket.state;
    tables.sockets.setState(socket, to, at, false);
    if (to === TCP.ESTABLISHED) foldEstablished(tables, socket, at);
    tables.counts.countInferred(from, to);
    const process = countTransition(tables, socket, at);
    report({ at, socket, from, to, inState: null, owner: socket.owner, process, cause: "poll" });
  }
}
