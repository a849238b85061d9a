import type { FilterSubject } from "../filter/filter.ts";
import type { SocketTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Process } from "../processes/process.ts";
import type { Socket } from "./socket.ts";
import type { TransitionRow } from "./transition-row.ts";
import { type Connection, endsOf } from "../time-wait/destination.ts";

/** A socket in the hands of this process, or of nobody known, as a filter sees it; `age` in nanoseconds. */
export function socketSubject(socket: Socket, process: Process | null, age: Nanos): FilterSubject {
  return subjectOf(socket, process, [socket.state], age / 1e6);
}

/** A transition: `state:` matches what it left and what it entered, `age:` the time in the state that it left. */
export function transitionSubject({ socket, process, from, to, inState }: TransitionRow): FilterSubject {
  return subjectOf(socket, process, [from, to], inState === null ? null : inState / 1e6);
}

/** A mini-socket, or none yet, of this connection, left by this process. */
export function timeWaitSubject({ destination, clientPort }: Connection, process: Process | null): FilterSubject {
  return subjectOf(endsOf(destination, clientPort), process, [TCP.TIME_WAIT], 0);
}

const NOBODY: readonly never[] = [];

/* Made for each of a hundred thousand sockets a frame: one literal, which spreading is ten times slower than. */
function subjectOf(
  ends: SocketTuple,
  process: Process | null,
  states: readonly TcpState[],
  ageMs: number | null,
): FilterSubject {
  return {
    pids: process === null ? NOBODY : [process.pid],
    names: process === null ? NOBODY : [process.comm, process.facts?.cmdline ?? ""],
    localAddress: ends.localAddress,
    localPort: ends.localPort,
    remoteAddress: ends.remoteAddress,
    remotePort: ends.remotePort,
    states,
    ageMs,
  };
}
