import { formatEndpoint } from "./address.ts";
import type { Holder } from "./holding.ts";
import type { Process } from "./process-table.ts";
import type { Socket } from "./socket.ts";
import type { SocketWorld } from "./socket-world.ts";
import { TCP } from "./tcp-state.ts";

/** What sockets are put together by, other than their process. */
export const GROUPINGS = ["command", "unit", "container", "destination", "listener"] as const;

export type Grouping = (typeof GROUPINGS)[number];

/** The groups that a socket is in: of its holders, or by its own ends. None where that is not known. */
export function groupsOf(
  socket: Socket,
  holders: readonly Holder[],
  by: Grouping,
  world: SocketWorld,
): ReadonlySet<string> {
  if (by === "destination") return new Set(destinationOf(socket, world));
  if (by === "listener") return new Set(listenerOf(socket, world));
  const names = new Set<string>();
  for (const { pid } of holders) {
    const process = world.process(pid);
    if (process !== null) names.add(groupOfProcess(process, by));
  }
  return names;
}

export function groupOfProcess({ comm, facts }: Process, by: Exclude<Grouping, "destination" | "listener">): string {
  if (by === "command") return comm;
  return (by === "unit" ? facts?.unit : facts?.container) ?? `(no ${by})`;
}

/** Where a connection went that was made here. */
function destinationOf(socket: Socket, world: SocketWorld): string[] {
  if (socket.state === TCP.LISTEN || socket.remotePort === 0 || socket.role === "server") return [];
  if (socket.role === null && world.listener(socket) !== null) return [];
  return [formatEndpoint(socket.remoteAddress, socket.remotePort)];
}

/** Where a connection came in, and what listens there. */
function listenerOf(socket: Socket, world: SocketWorld): string[] {
  if (socket.state === TCP.LISTEN) return [formatEndpoint(socket.localAddress, socket.localPort)];
  const listener = world.listener(socket);
  if (listener !== null) return [formatEndpoint(listener.localAddress, listener.localPort)];
  return socket.role === "server" ? [formatEndpoint(socket.localAddress, socket.localPort)] : [];
}
