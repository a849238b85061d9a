import type { Nanos } from "./event.ts";
import { type Holder, holdersOf } from "./holding.ts";
import type { Process } from "./process-table.ts";
import type { Socket } from "./socket.ts";
import type { SocketColumns } from "./socket-columns.ts";
import type { Tables, Vanished } from "./tables.ts";

/** The sockets of one moment, and who holds them: as the model has them now, or as they stood when a picture was paused. */
export interface SocketWorld {
  readonly now: Nanos;
  readonly detailsAt: Nanos;
  readonly sockets: SocketColumns;
  /** Descriptors whose sockets have left CLOSE_WAIT by a reset. */
  readonly vanished: Iterable<Vanished>;
  readonly processes: Iterable<Process>;
  readonly holders: (socket: Socket) => readonly Holder[];
  readonly process: (pid: number) => Process | null;
  /** Whether anybody listens on this port, whatever its address. */
  readonly hasListener: (port: number) => boolean;
  /** In whose queue the connection came in; null where it went out, or where nobody listens any more. */
  readonly listener: (socket: Socket) => Socket | null;
  /** Mini-sockets: how many there are, and how many of them in FIN_WAIT2. */
  readonly miniSockets: { readonly chosen: number; readonly finWait2: number };
  readonly wallMs: (at: Nanos) => number;
}

/** The model's own sockets: they go on living. */
export function liveWorld(tables: Tables): SocketWorld {
  return {
    now: tables.now,
    detailsAt: tables.detailsAt,
    miniSockets: tables.timeWaits,
    sockets: tables.sockets.columns,
    vanished: [...tables.vanished.values()],
    processes: tables.processes,
    holders: (socket) => holdersOf(socket, tables.sockets),
    process: (pid) => tables.processes.at(pid) ?? null,
    hasListener: (port) => tables.sockets.listeners.has(port),
    listener: (socket) => listenerFor(socket, tables),
    wallMs: (at) => tables.wallMs(at),
  };
}

/** A copy that stands still. */
export function frozenWorld(tables: Tables): SocketWorld {
  const { now, detailsAt } = tables;
  const processes = new Map(Array.from(tables.processes, (process) => [process.pid, process]));
  const wallAtZero = tables.wallMs(0);
  return {
    now,
    detailsAt,
    miniSockets: { chosen: tables.timeWaits.chosen, finWait2: tables.timeWaits.finWait2 },
    sockets: tables.sockets.columns.copy(),
    vanished: Array.from(tables.vanished.values(), (one) => ({ ...one, socket: one.socket.copy() })),
    processes: [...processes.values()],
    holders: (socket) => holdersOf(socket, tables.sockets),
    process: (pid) => processes.get(pid) ?? null,
    hasListener: (port) => tables.sockets.listeners.has(port),
    listener: (socket) => listenerFor(socket, tables),
    wallMs: (at) => wallAtZero + at / 1e6,
  };
}

function listenerFor(socket: Socket, { sockets }: Tables): Socket | null {
  if (socket.role === "client") return null;
  return sockets.listeners.accepting(socket)[0] ?? null;
}
