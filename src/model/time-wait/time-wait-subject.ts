import { type Connection, tupleOf } from "./destination.ts";
import type { FilterSubject } from "../filter/filter.ts";
import { filterSubject } from "../filter/filter-subject.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Process } from "../processes/process.ts";

/** The filter subject of a mini-socket of this connection, left by this process. */
export function timeWaitSubject({ destination, clientPort }: Connection, process: Process | null): FilterSubject {
  return filterSubject(tupleOf(destination, clientPort), process, [TCP.TIME_WAIT], 0);
}
