import { isUnspecified } from "../net/address.ts";
import type { SocketTuple } from "../net/tuple.ts";
import type { Socket } from "./socket.ts";

const NONE: readonly Socket[] = [];

/** Of one port. `listed` is the same, drawn up when it is asked for. */
interface PortListeners {
  readonly sockets: Set<Socket>;
  listed: readonly Socket[] | null;
}

/** Listening sockets by port. */
export interface ListenerIndex {
  add(socket: Socket): void;
  remove(socket: Socket): void;
  /** To be called when the ends of a socket may have changed; one that was not added stays out. */
  moved(socket: Socket): void;
  /** Whether there is one of this port. */
  has(port: number): boolean;
  /** The listeners that a connection with these ends can have come through, the most specific addresses only. */
  accepting(ends: SocketTuple): readonly Socket[];
}

export function newListenerIndex(): ListenerIndex {
  const byPort = new Map<number, PortListeners>();
  const ports = new Map<Socket, number>();
  const index: ListenerIndex = {
    add(socket) {
      index.remove(socket);
      ports.set(socket, socket.localPort);
      const same = byPort.get(socket.localPort);
      if (same === undefined) byPort.set(socket.localPort, { sockets: new Set([socket]), listed: null });
      else {
        same.sockets.add(socket);
        same.listed = null;
      }
    },
    remove(socket) {
      const port = ports.get(socket);
      if (port === undefined) return;
      ports.delete(socket);
      const same = byPort.get(port);
      if (same === undefined) return;
      same.sockets.delete(socket);
      same.listed = null;
      if (same.sockets.size === 0) byPort.delete(port);
    },
    moved(socket) {
      const port = ports.get(socket);
      if (port !== undefined && port !== socket.localPort) index.add(socket);
    },
    has: (port) => byPort.has(port),
    accepting(ends) {
      const same = byPort.get(ends.localPort);
      if (same === undefined) return NONE;
      const listed = (same.listed ??= [...same.sockets]);
      const [only] = listed;
      // Nearly always so, and asked for each event of a server.
      if (listed.length === 1 && only !== undefined) return rankOf(only, ends) > 0 ? listed : NONE;
      let best = 1;
      for (const socket of listed) best = Math.max(best, rankOf(socket, ends));
      return listed.filter((socket) => rankOf(socket, ends) === best);
    },
  };
  return index;
}

/** How well a listener fits a connection: its address as below, 0 in another namespace. */
function rankOf(listener: Socket, ends: SocketTuple): number {
  return ends.netns === null || listener.netns === ends.netns ? fitOf(listener, ends) : 0;
}

/** How well a listener's address fits a connection: 3 the same, 2 any of its family, 1 [::] for IPv4, 0 not at all. */
function fitOf(listener: Socket, ends: SocketTuple): number {
  if (listener.localAddress === ends.localAddress) return 3;
  if (!isUnspecified(listener.localAddress)) return 0;
  if (typeof listener.localAddress === typeof ends.localAddress) return 2;
  // An IPv4 connection reaches a listener on [::] only where none listens on 0.0.0.0.
  return typeof ends.localAddress === "number" ? 1 : 0;
}

/**
 * Who a child that nobody has accepted yet is charged to: the process that listens. With SO_REUSEPORT several processes may
 * listen on one port, and then nobody can tell which until accept(): null.
 */
export function pidOfListener(listeners: readonly Socket[]): number | null {
  const pid = listeners[0]?.owner.pid ?? null;
  return listeners.every((listener) => listener.owner.pid === pid) ? pid : null;
}
