import { isUnspecified } from "./address.ts";
import { type Owner, UNKNOWN_OWNER } from "./owner.ts";
import type { Socket, SocketEnds } from "./socket.ts";

/** Listening sockets by port. */
export interface ListenerIndex {
  add(socket: Socket): void;
  remove(socket: Socket): void;
  /** The listeners that a connection with these ends can have come through, the most specific addresses only. */
  accepting(ends: SocketEnds): readonly Socket[];
}

export function newListenerIndex(): ListenerIndex {
  const byPort = new Map<number, Set<Socket>>();
  return {
    add(socket) {
      const same = byPort.get(socket.localPort);
      if (same === undefined) byPort.set(socket.localPort, new Set([socket]));
      else same.add(socket);
    },
    remove(socket) {
      const same = byPort.get(socket.localPort);
      if (same?.delete(socket) === true && same.size === 0) byPort.delete(socket.localPort);
    },
    accepting(ends) {
      const same = byPort.get(ends.localPort);
      if (same === undefined) return [];
      const inReach = [...same].filter((socket) => ends.netns === null || socket.netns === ends.netns);
      const exact = inReach.filter((socket) => socket.localAddress === ends.localAddress);
      if (exact.length > 0) return exact;
      const wildcards = inReach.filter((socket) => isUnspecified(socket.localAddress));
      // An IPv4 connection reaches a listener on :: only where none listens on 0.0.0.0.
      const sameFamily = wildcards.filter((socket) => typeof socket.localAddress === typeof ends.localAddress);
      return sameFamily.length > 0 || typeof ends.localAddress === "string" ? sameFamily : wildcards;
    },
  };
}

/**
 * The owner of a child that nobody has accepted yet: the process that listens. With SO_REUSEPORT several processes may
 * listen on one port, and then nobody can tell which until accept().
 */
export function ownerThroughListener(listeners: readonly Socket[]): Owner {
  const pids = new Set(listeners.map((listener) => listener.owner.pid));
  const [pid] = pids;
  return pids.size === 1 && pid !== undefined && pid !== null ? { pid, evidence: "listener" } : UNKNOWN_OWNER;
}
