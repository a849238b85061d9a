import type { FilterSubject } from "../filter/filter.ts";
import { filterSubject } from "../filter/filter-subject.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import type { Socket } from "./socket.ts";
import type { TransitionRow } from "./transition-row.ts";

/** The filter subject of a socket with this holder; null: holder unknown. */
export function socketSubject(socket: Socket, process: Process | null, age: Nanos): FilterSubject {
  return filterSubject(socket, process, [socket.state], age / 1e6);
}

/** The filter subject of a transition: `state:` matches either state, `age:` the time in the state it left. */
export function transitionSubject({ socket, process, from, to, inState }: TransitionRow): FilterSubject {
  return filterSubject(socket, process, [from, to], inState === null ? null : inState / 1e6);
}
