import { SeededMap } from "../../base/seeded-map.ts";
import type { Tables } from "../fold/tables.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { Process } from "../processes/process.ts";
import type { CloseWaits } from "../sockets/close-wait.ts";
import { type Listening, holdersOf } from "../sockets/holding.ts";
import { ListenerIndex } from "../sockets/listeners.ts";
import type { Socket } from "../sockets/socket.ts";

/** The sockets of one moment and their holders: live, or frozen while the display is paused. */
export interface SocketWorld extends CloseWaits {
  readonly processes: Iterable<Process>;
  readonly holders: (socket: Socket) => readonly Holder[];
  readonly process: (pid: number) => Process | null;
  /** Whether there is a listener on this port, on any address. */
  readonly hasListener: (port: number) => boolean;
  /** The listener that a connection came through; null if it was opened here, or the listener is gone. */
  readonly listener: (socket: Socket) => Socket | null;
  /** Mini-sockets that match the filter, and how many of these are in FIN_WAIT2. */
  readonly miniSockets: { readonly chosen: number; readonly finWait2: number };
  readonly wallMs: (at: Nanos) => number;
}

/** The model's own sockets, which keep changing. */
export function liveWorld(tables: Tables): SocketWorld {
  return {
    now: tables.clock.now,
    detailsAt: tables.surveys.detailsAt,
    miniSockets: tables.timeWaits.table,
    sockets: tables.sockets.columns,
    leakedDescriptors: tables.leakedDescriptors,
    processes: tables.processes,
    holders: (socket) => holdersOf(socket, tables.sockets),
    process: (pid) => tables.processes.at(pid) ?? null,
    hasListener: (port) => tables.sockets.listeners.has(port),
    listener: (socket) => listenerFor(socket, tables.sockets),
    wallMs: (at) => tables.clock.wallMs(at),
  };
}

/** A copy that does not change. */
export function frozenWorld(tables: Tables): SocketWorld {
  const { now } = tables.clock;
  const { detailsAt } = tables.surveys;
  const { chosen, finWait2 } = tables.timeWaits.table;
  const processes = new SeededMap<number, Process>();
  for (const process of tables.processes) processes.set(process.pid, process);
  const wallAtZero = tables.clock.wallMs(0);
  const sockets = tables.sockets.columns.copy();
  const listening: Listening = { listeners: new ListenerIndex() };
  for (const socket of sockets) if (socket.state === TCP.LISTEN) listening.listeners.add(socket);
  return {
    now,
    detailsAt,
    miniSockets: { chosen, finWait2 },
    sockets,
    leakedDescriptors: Array.from(tables.leakedDescriptors, (one) => ({ ...one, socket: one.socket.copy() })),
    processes: [...processes.values()],
    holders: (socket) => holdersOf(socket, listening),
    process: (pid) => processes.get(pid) ?? null,
    hasListener: (port) => listening.listeners.has(port),
    listener: (socket) => listenerFor(socket, listening),
    wallMs: (at) => wallAtZero + at / 1e6,
  };
}

function listenerFor(socket: Socket, { listeners }: Listening): Socket | null {
  if (socket.role === "client") return null;
  return listeners.accepting(socket)[0] ?? null;
}
