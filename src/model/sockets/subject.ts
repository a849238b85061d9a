import type { FilterSubject } from "../filter/filter.ts";
import { filterSubject } from "../filter/filter-subject.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import type { Socket } from "./socket.ts";
import type { TransitionRow } from "./transition-row.ts";

/** A socket in the hands of this process, or of nobody known, as a filter sees it; `age` in nanoseconds. */
export function socketSubject(socket: Socket, process: Process | null, age: Nanos): FilterSubject {
  return filterSubject(socket, process, [socket.state], age / 1e6);
}

/** A transition: `state:` matches what it left and what it entered, `age:` the time in the state that it left. */
export function transitionSubject({ socket, process, from, to, inState }: TransitionRow): FilterSubject {
  return filterSubject(socket, process, [from, to], inState === null ? null : inState / 1e6);
}
