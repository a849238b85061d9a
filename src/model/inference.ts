import type { Nanos } from "./event.ts";
import type { Socket } from "./socket.ts";
import type { Tables } from "./tables.ts";
import { TCP, type TcpState } from "./tcp-state.ts";
import type { TransitionRow } from "./transition-row.ts";

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

/**
 * The socket is known to be in `to`, though it was not traced getting there. As long as the kernel admits to skipped
 * transitions, the missing ones are reported, with the cause `poll`: their time is when they were found.
 */
export function repair(
  tables: Tables,
  socket: Socket,
  to: TcpState,
  at: Nanos,
  report: (row: TransitionRow) => void,
): void {
  const path = networkMadePath(socket.state, to);
  // Where the buffer overflowed, too, nobody can say which transitions are missing.
  const isClear = at - tables.droppedAt > DROP_MEMORY;
  if (path.length === 0 || path.length > tables.missing || !isClear) {
    tables.contradictions++;
    tables.sockets.setState(socket, to, at, false);
    return;
  }
  tables.inferred += path.length;
  for (const next of path) {
    const from = socket.state;
    tables.sockets.setState(socket, next, at, false);
    const process = tables.countTransition(socket, at);
    report({ at, socket, from, to: next, inState: null, owner: socket.owner, process, cause: "poll" });
  }
}
