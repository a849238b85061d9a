import { countTransition } from "./ownership.ts";
import type { Tables } from "./tables.ts";
import { foldEstablished, foldTimeWait } from "./time-wait-fold.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Socket } from "../sockets/socket.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/**
 * The transitions that the network causes, in softirq. Only these can be skipped: the kernel skips a BPF program that
 * interrupts another one, and system calls do not interrupt BPF programs. Resets come last.
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

/** The shortest path between two states without system calls, excluding `from`; empty if there is none. */
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
 * Moves the socket to `to`, which it is known to have reached untraced. Reports the transitions that the network must
 * have caused in between, with the cause `poll`: their time is when they were inferred, not when they happened.
 */
export function repair(tables: Tables, socket: Socket, to: TcpState, at: Nanos, report: Report): void {
  tables.counts.countContradiction();
  if (to === TCP.CLOSE) foldUnseenEnd(tables, socket, at);
  const path = networkMadePath(socket.state, to);
  if (path.length === 0 || !isClear(tables, at)) tables.sockets.setState(socket, to, at, false);
  else infer(tables, socket, path, at, report);
}

/** Assumes what the socket leaves behind: a leaked descriptor or a mini-socket. A survey confirms it or not. */
function foldUnseenEnd(tables: Tables, socket: Socket, at: Nanos): void {
  const { state } = socket;
  if (state === TCP.CLOSE_WAIT) tables.leakedDescriptors.suspect(socket, at);
  else if (state === TCP.FIN_WAIT1 || state === TCP.FIN_WAIT2 || state === TCP.CLOSING) {
    foldTimeWait(tables, socket, TCP.TIME_WAIT, at);
  }
}

/** Reports the start of a server's connection that the kernel skipped: from LISTEN through the handshake to `to`. */
export function repairBirth(tables: Tables, socket: Socket, to: TcpState, at: Nanos, report: Report): void {
  const path = [TCP.SYN_RECV, ...networkMadePath(TCP.SYN_RECV, to)];
  if (path.at(-1) !== to || tables.counts.missing < path.length || !isClear(tables, at)) return;
  tables.sockets.setRole(socket, "server");
  tables.sockets.setState(socket, TCP.LISTEN, at, false);
  infer(tables, socket, path, at, report);
}

/** False if the buffer also overflowed recently: then it is unknown which transitions were skipped and which lost. */
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
