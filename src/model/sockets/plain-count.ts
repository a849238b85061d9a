import { SeededMap } from "../../base/seeded-map.ts";
import { TCP, TCP_STATE_MAX } from "../net/tcp-state.ts";
import { ASK } from "./holding.ts";
import type { SocketColumns, Visit } from "./socket-columns.ts";

/** Number of sockets in each state, indexed by the kernel's state number. */
export type StateCounts = Uint32Array;

/** Slots of a direct-mapped cache in front of the map; a power of two. */
const CACHE_SIZE = 1024;

/**
 * Counts sockets by holder and state from the columns alone; unknown holders under NO_HOLDER. Passes listeners, sockets
 * with several holders and sockets in an accept queue to `visit`. Skips CLOSE_WAIT, which `forEachCloseWait` visits.
 */
export function countPlain(columns: SocketColumns, visit: Visit): SeededMap<number, StateCounts> {
  const { states, holders, end } = columns;
  const byPid = new SeededMap<number, StateCounts>();
  const cachedPids = new Int32Array(CACHE_SIZE).fill(ASK);
  const cachedCounts: StateCounts[] = [];
  for (let slot = 0; slot < end; slot++) {
    const state = states[slot] ?? 0;
    if (state === 0 || state === TCP.CLOSE_WAIT) continue;
    const pid = holders[slot] ?? ASK;
    if (pid === ASK || state === TCP.LISTEN) {
      visit(columns.at(slot), pid);
      continue;
    }
    const index = pid & (CACHE_SIZE - 1);
    if (cachedPids[index] !== pid) {
      cachedPids[index] = pid;
      cachedCounts[index] = countsOf(byPid, pid);
    }
    const counts = cachedCounts[index];
    if (counts !== undefined) counts[state] = (counts[state] ?? 0) + 1;
  }
  return byPid;
}

function countsOf(byPid: SeededMap<number, StateCounts>, pid: number): StateCounts {
  let counts = byPid.get(pid);
  if (counts === undefined) byPid.set(pid, (counts = new Uint32Array(TCP_STATE_MAX + 1)));
  return counts;
}
