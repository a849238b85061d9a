import { type Connection, endsOf } from "./destination.ts";
import type { Nanos } from "./event.ts";
import type { FilterSubject } from "./filter.ts";
import type { Process } from "./process-table.ts";
import type { Socket, SocketEnds } from "./socket.ts";
import { TCP } from "./tcp-state.ts";
import type { TransitionRow } from "./transition-row.ts";

/** A socket in the hands of this process, or of nobody known, as a filter sees it; `age` in nanoseconds. */
export function socketSubject(socket: Socket, process: Process | null, age: Nanos): FilterSubject {
  return { ...holderPart(process), ...endsPart(socket), states: [socket.state], ageMs: age / 1e6 };
}

/** A transition: `state:` matches what it left and what it entered, `age:` the time in the state that it left. */
export function transitionSubject({ socket, process, from, to, inState }: TransitionRow): FilterSubject {
  const ageMs = inState === null ? null : inState / 1e6;
  return { ...holderPart(process), ...endsPart(socket), states: [from, to], ageMs };
}

/** A mini-socket, or none yet, of this connection, left by this process. */
export function timeWaitSubject({ destination, clientPort }: Connection, process: Process | null): FilterSubject {
  const ends = endsPart(endsOf(destination, clientPort));
  return { ...holderPart(process), ...ends, states: [TCP.TIME_WAIT], ageMs: 0 };
}

function holderPart(process: Process | null): Pick<FilterSubject, "pids" | "names"> {
  if (process === null) return { pids: [], names: [] };
  return { pids: [process.pid], names: [process.comm, process.facts?.cmdline ?? ""] };
}

function endsPart({
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
}: SocketEnds): Pick<FilterSubject, "localAddress" | "localPort" | "remoteAddress" | "remotePort"> {
  return { localAddress, localPort, remoteAddress, remotePort };
}
