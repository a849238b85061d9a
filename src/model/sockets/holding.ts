import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { ListenerIndex } from "./listeners.ts";
import type { Socket } from "./socket.ts";

/** Where the listeners are looked up: a table of sockets, or what stands for it in a paused picture. */
export interface Listening {
  readonly listeners: ListenerIndex;
}

/** In a listener's accept queue still: a connection that has no file yet. In later states its process may have closed it. */
export function isUnaccepted(socket: Socket): boolean {
  if (socket.inode !== 0 || socket.role === "client") return false;
  return socket.state === TCP.ESTABLISHED || socket.state === TCP.CLOSE_WAIT || socket.state === TCP.SYN_RECV;
}

/** Everybody who holds the socket; what has not been accepted is held by who holds the listener. Empty: not known. */
export function holdersOf(socket: Socket, sockets: Listening): readonly Holder[] {
  if (!isUnaccepted(socket)) return directHolders(socket);
  const listener = listenerOf(socket, sockets);
  return listener === null ? [] : directHolders(listener).map(({ pid }) => ({ pid, fd: null }));
}

/** In place of a pid: nobody is known to hold it, and nobody else has to be asked for; or `holdersOf` has to be asked. */
export const NOBODY = -1;
export const ASK = -2;

/** Columns have no room for more; Linux has no such pid, but a recording may say so. */
const LARGEST = 0x7fff_ffff;

/** The pid of the only one who holds it, NOBODY or ASK. */
export function soleHolder(socket: Socket): number {
  const { holders, owner } = socket;
  if (holders.length > 1 || isUnaccepted(socket)) return ASK;
  const pid = holders[0]?.pid ?? owner.pid ?? NOBODY;
  return pid > LARGEST ? ASK : pid;
}

/**
 * The listener in whose queue a connection waits; null when there is none or nobody can tell. With SO_REUSEPORT several
 * may listen on one port: they count as one, the one with the longest queue, where the same processes hold them all.
 */
export function listenerOf(socket: Socket, sockets: Listening): Socket | null {
  const all = sockets.listeners.accepting(socket);
  // It waits in none that is empty.
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
