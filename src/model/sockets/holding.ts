import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { ListenerIndex } from "./listeners.ts";
import type { Socket } from "./socket.ts";

/** The listeners, of a table of sockets or of a frozen copy. */
export interface Listening {
  readonly listeners: ListenerIndex;
}

/** Whether the socket is still in an accept queue: it has no file yet. In later states, no file means closed. */
export function isUnaccepted(socket: Socket): boolean {
  if (socket.inode !== 0 || socket.role === "client") return false;
  return socket.state === TCP.ESTABLISHED || socket.state === TCP.CLOSE_WAIT || socket.state === TCP.SYN_RECV;
}

/** All holders of the socket; one that is not accepted is held by the holders of its listener. Empty: unknown. */
export function holdersOf(socket: Socket, sockets: Listening): readonly Holder[] {
  if (!isUnaccepted(socket)) return directHolders(socket);
  const listener = listenerOf(socket, sockets);
  return listener === null ? [] : directHolders(listener).map(({ pid }) => ({ pid, fd: null }));
}

/** In place of a pid: no known holder. */
export const NO_HOLDER = -1;
/** In place of a pid: undecided, call `holdersOf`. */
export const ASK = -2;

/** The columns hold 32-bit pids; Linux has no larger ones, but a damaged recording may. */
const LARGEST = 0x7fff_ffff;

/** The pid of the only holder, or NO_HOLDER or ASK. */
export function soleHolder(socket: Socket): number {
  const { holders, owner } = socket;
  if (holders.length > 1 || isUnaccepted(socket)) return ASK;
  const pid = holders[0]?.pid ?? owner.pid ?? NO_HOLDER;
  return pid > LARGEST ? ASK : pid;
}

/**
 * The listener in whose queue a connection waits; null if there is none or it is ambiguous. With SO_REUSEPORT a port
 * may have several listeners: if they have the same holders, the one with the longest queue represents all.
 */
export function listenerOf(socket: Socket, sockets: Listening): Socket | null {
  const all = sockets.listeners.accepting(socket);
  // The connection cannot be in an empty queue.
  const waiting = all.length > 1 ? all.filter(({ receiveQueue }) => receiveQueue !== 0) : all;
  const [first, ...others] = waiting.toSorted((a, b) => (b.receiveQueue ?? 0) - (a.receiveQueue ?? 0));
  if (first === undefined) return null;
  const pids = pidsOf(first);
  return others.every((other) => pidsOf(other) === pids) ? first : null;
}

function pidsOf(listener: Socket): string {
  const pids = directHolders(listener).map(({ pid }) => pid);
  return pids.toSorted((a, b) => a - b).join();
}

function directHolders({ holders, owner }: Socket): readonly Holder[] {
  if (holders.length > 0) return holders;
  return owner.pid === null ? [] : [{ pid: owner.pid, fd: null }];
}
