import { type Connection, endsOf } from "./destination.ts";
import type { FilterSubject } from "../filter/filter.ts";
import { filterSubject } from "../filter/filter-subject.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Process } from "../processes/process.ts";

/** A mini-socket, or none yet, of this connection, left by this process, as a filter sees it. */
export function timeWaitSubject({ destination, clientPort }: Connection, process: Process | null): FilterSubject {
  return filterSubject(endsOf(destination, clientPort), process, [TCP.TIME_WAIT], 0);
}
