import { isUnspecified } from "./address.ts";
import { type Owner, UNKNOWN_OWNER } from "./owner.ts";
import type { Socket, SocketEnds } from "./socket.ts";

/** Listening sockets by port. */
export interface ListenerIndex {
  add(socket: Socket): void;
  remove(socket: Socket): void;
  /** To be called when the ends of a socket may have changed; one that was not added stays out. */
  moved(socket: Socket): void;
  /** Whether there is one of this port. */
  has(port: number): boolean;
  /** The listeners that a connection with these ends can have come through, the most specific addresses only. */
  accepting(ends: SocketEnds): readonly Socket[];
}

export function newListenerIndex(): ListenerIndex {
  const byPort = new Map<number, Set<Socket>>();
  const ports = new Map<Socket, number>();
  const index: ListenerIndex = {
    add(socket) {
      index.remove(socket);
      ports.set(socket, socket.localPort);
      const same = byPort.get(socket.localPort);
      if (same === undefined) byPort.set(socket.localPort, new Set([socket]));
      else same.add(socket);
    },
    remove(socket) {
      const port = ports.get(socket);
      if (port === undefined) return;
      ports.delete(socket);
      const same = byPort.get(port);
      if (same?.delete(socket) === true && same.size === 0) byPort.delete(port);
    },
    moved(socket) {
      const port = ports.get(socket);
      if (port !== undefined && port !== socket.localPort) index.add(socket);
    },
    has: (port) => byPort.has(port),
    accepting(ends) {
      const same = byPort.get(ends.localPort);
      if (same === undefined) return [];
      let best: Socket[] = [];
      let bestRank = 1;
      for (const socket of same) {
        const rank = ends.netns === null || socket.netns === ends.netns ? fitOf(socket, ends) : 0;
        if (rank > bestRank) best = [];
        if (rank >= bestRank) {
          best.push(socket);
          bestRank = rank;
        }
      }
      return best;
    },
  };
  return index;
}

/** How well a listener's address fits a connection: 3 the same, 2 any of its family, 1 [::] for IPv4, 0 not at all. */
function fitOf(listener: Socket, ends: SocketEnds): number {
  if (listener.localAddress === ends.localAddress) return 3;
  if (!isUnspecified(listener.localAddress)) return 0;
  if (typeof listener.localAddress === typeof ends.localAddress) return 2;
  // An IPv4 connection reaches a listener on [::] only where none listens on 0.0.0.0.
  return typeof ends.localAddress === "number" ? 1 : 0;
}

/**
 * The owner of a child that nobody has accepted yet: the process that listens. With SO_REUSEPORT several processes may
 * listen on one port, and then nobody can tell which until accept().
 */
export function ownerThroughListener(listeners: readonly Socket[]): Owner {
  const pid = listeners[0]?.owner.pid ?? null;
  const isOne = pid !== null && listeners.every((listener) => listener.owner.pid === pid);
  return isOne ? { pid, evidence: "listener" } : UNKNOWN_OWNER;
}
