import { SeededMap } from "../../base/seeded-map.ts";
import { TCP, TCP_STATE_MAX } from "../net/tcp-state.ts";
import { ASK } from "./holding.ts";
import type { SocketColumns, Visit } from "./socket-columns.ts";

/** How many sockets are in each state, by the kernel's numbers. */
export type StateCounts = Uint32Array;

/** Processes whose counts are at hand; a power of two. */
const AT_HAND = 1024;

/**
 * Counts the sockets of which nothing matters but their state and who holds them: by pid, NOBODY for those of nobody known.
 * Listeners, and those of more than one process or in an accept queue, are given to `visit`. Those in CLOSE_WAIT are left out
 * (close-wait.ts).
 */
export function countPlain(columns: SocketColumns, visit: Visit): SeededMap<number, StateCounts> {
  const { states, holders, end } = columns;
  const byPid = new SeededMap<number, StateCounts>();
  const pidsAtHand = new Int32Array(AT_HAND).fill(ASK);
  const atHand: StateCounts[] = [];
  for (let slot = 0; slot < end; slot++) {
    const state = states[slot] ?? 0;
    if (state === 0 || state === TCP.CLOSE_WAIT) continue;
    const pid = holders[slot] ?? ASK;
    if (pid === ASK || state === TCP.LISTEN) {
      visit(columns.at(slot), pid);
      continue;
    }
    const place = pid & (AT_HAND - 1);
    if (pidsAtHand[place] !== pid) {
      pidsAtHand[place] = pid;
      atHand[place] = countsOf(byPid, pid);
    }
    const counts = atHand[place];
    if (counts !== undefined) counts[state] = (counts[state] ?? 0) + 1;
  }
  return byPid;
}

function countsOf(byPid: SeededMap<number, StateCounts>, pid: number): StateCounts {
  let counts = byPid.get(pid);
  if (counts === undefined) byPid.set(pid, (counts = new Uint32Array(TCP_STATE_MAX + 1)));
  return counts;
}
