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

/** The sockets of one moment, and who holds them: as the model has them now, or as they stood when a picture was paused. */
export interface SocketWorld extends CloseWaits {
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

/** A copy that stands still. */
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
