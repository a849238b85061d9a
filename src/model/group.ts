import { formatEndpoint } from "./address.ts";
import type { Holder } from "./holding.ts";
import type { Process } from "./process-table.ts";
import type { Socket } from "./socket.ts";
import type { SocketWorld } from "./socket-world.ts";
import { TCP } from "./tcp-state.ts";

/** What sockets are put together by, other than their process. */
export const GROUPINGS = ["command", "unit", "container", "destination", "listener"] as const;

export type Grouping = (typeof GROUPINGS)[number];
/** Of these a process is in one. */
export type ProcessGrouping = Exclude<Grouping, "destination" | "listener">;

/** The groups that a socket is in: of its holders, or by its own ends. None where that is not known. */
export function groupsOf(
  socket: Socket,
  holders: readonly Holder[],
  by: Grouping,
  world: SocketWorld,
): ReadonlySet<string> {
  if (by === "destination") return new Set(isOutgoing(socket, world) ? [destinationName(socket)] : []);
  if (by === "listener") return new Set(listenerOf(socket, world));
  const names = new Set<string>();
  for (const { pid } of holders) {
    const process = world.process(pid);
    if (process !== null) names.add(groupOfProcess(process, by));
  }
  return names;
}

export function groupOfProcess({ comm, facts }: Process, by: ProcessGrouping): string {
  if (by === "command") return comm;
  return (by === "unit" ? facts?.unit : facts?.container) ?? `(no ${by})`;
}

/** Whether the connection was made here, as far as that is known. */
export function isOutgoing(socket: Socket, world: SocketWorld): boolean {
  if (socket.state === TCP.LISTEN || socket.remotePort === 0 || socket.role === "server") return false;
  return socket.role === "client" || world.listener(socket) === null;
}

export function destinationName({ remoteAddress, remotePort }: Socket): string {
  return formatEndpoint(remoteAddress, remotePort);
}

/** Where a connection came in, and what listens there. */
function listenerOf(socket: Socket, world: SocketWorld): string[] {
  if (socket.state === TCP.LISTEN) return [formatEndpoint(socket.localAddress, socket.localPort)];
  const listener = world.listener(socket);
  if (listener !== null) return [formatEndpoint(listener.localAddress, listener.localPort)];
  return socket.role === "server" ? [formatEndpoint(socket.localAddress, socket.localPort)] : [];
}
