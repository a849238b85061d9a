import { SeededMap } from "../../base/seeded-map.ts";
import { type Filter, MATCH_ALL } from "../filter/filter.ts";
import type { Tables } from "../fold/tables.ts";
import { TCP, TCP_STATE_MAX } from "../net/tcp-state.ts";
import { HeldFilter } from "./held-filter.ts";
import { byBlame, processRow } from "./process-row.ts";
import type { Poll, ProcessRow, Snapshot, SnapshotSeries, SocketCounts } from "./snapshot.ts";
import { type SocketWorld, liveWorld } from "./socket-world.ts";
import { Tally } from "./tally.ts";
import { forEachCloseWait } from "../sockets/close-wait.ts";
import { ASK, NO_HOLDER } from "../sockets/holding.ts";
import { type StateCounts, countPlain } from "../sockets/plain-count.ts";
import { type Socket, hasFile, hasFileIn } from "../sockets/socket.ts";
import type { LeakedDescriptor } from "../sockets/leaked-descriptors.ts";

/**
 * Builds the data of the views, at the time of the last event. The filter tests each socket with each of its holders.
 */
export function buildSnapshot(tables: Tables, stuckAfterMs: number, filter: Filter = MATCH_ALL): Snapshot {
  const scan = new SnapshotCounts(liveWorld(tables), stuckAfterMs, filter);
  const { clock, source, surveys, counts, kernel } = tables;
  return {
    wallMs: clock.wallMs(clock.now),
    source: source.name,
    sourceDetail: source.detail,
    complete: surveys.isComplete,
    unreadable: surveys.unreadable,
    poll: pollOf(tables),
    host: kernel.rates(),
    transitions: counts.transitions,
    transitionsPerSecond: counts.perSecond(clock.now),
    lost: counts.lost,
    lagMs: clock.lagMs,
    lostChanges: counts.dropped === 0 ? [] : counts.changes.totals().filter(({ lost }) => lost > 0),
    gapMs: source.gap / 1e6,
    attributed: counts.attributed,
    states: scan.states,
    series: seriesOf(tables),
    stuckAfterMs,
    stuck: scan.stuck,
    processes: scan.processes(tables),
    unowned: scan.unowned?.counts(clock.now) ?? null,
    dropped: tables.sockets.dropped + tables.processes.dropped,
  };
}

/** The same snapshot under another filter; `world` must be the unfiltered world that the snapshot was built from. */
export function retakeSnapshot(whole: Snapshot, world: SocketWorld, filter: Filter): Snapshot {
  const scan = new SnapshotCounts(world, whole.stuckAfterMs, filter);
  const processes: ProcessRow[] = [];
  for (const row of whole.processes) {
    const counts = scan.countsOf(row.pid);
    if (counts !== null) processes.push({ ...row, ...counts });
  }
  const { states, stuck, unowned } = scan;
  const mine = { states, stuck, unowned: unowned?.counts(world.now) ?? null };
  return { ...whole, ...mine, processes: processes.toSorted(byBlame) };
}

function seriesOf({ series, timeWaits, clock }: Tables): SnapshotSeries {
  return {
    transitions: series.transitions(),
    closeWait: series.closeWait(),
    timeWaits: timeWaits.series(clock.now),
  };
}

function pollOf({ source, clock, surveys }: Tables): Poll | null {
  const { polledAt, pollCost } = surveys;
  if (source.name !== "proc" || polledAt === null || pollCost === null) return null;
  return { ...pollCost, ageMs: (clock.now - polledAt) / 1e6 };
}

/** Counts sockets by state and by process. */
class SnapshotCounts {
  readonly states = Array.from({ length: TCP_STATE_MAX + 1 }, () => 0);
  stuck = 0;
  unowned: Tally | null = null;
  readonly #world: SocketWorld;
  readonly #filter: HeldFilter;
  readonly #tallies = new SeededMap<number, Tally>();
  /** Cache: the sockets of one process are usually adjacent. */
  #last: { readonly pid: number; readonly tally: Tally } | null = null;

  constructor(world: SocketWorld, stuckAfterMs: number, filter: Filter) {
    this.#world = world;
    this.#filter = new HeldFilter(filter, world);
    const { chosen, finWait2 } = world.miniSockets;
    this.states[TCP.TIME_WAIT] = chosen - finWait2;
    this.states[TCP.FIN_WAIT2] = finWait2;
    const add = (socket: Socket, holder: number): void => this.#add(socket, holder, false, null);
    if (filter.isEmpty) this.#addPlain(countPlain(world.sockets, add));
    else world.sockets.forEach(add, TCP.CLOSE_WAIT);
    forEachCloseWait(world, stuckAfterMs * 1e6, (socket, holder, isStuck, leaked) => {
      if (leaked === null || isStuck) this.#add(socket, holder, isStuck, leaked);
    });
  }

  #addPlain(plain: Iterable<readonly [pid: number, counts: StateCounts]>): void {
    for (const [pid, counts] of plain) {
      for (const [state, count] of counts.entries()) this.states[state] = (this.states[state] ?? 0) + count;
      const charged = pid === NO_HOLDER ? counts.map((count, state) => (hasFileIn(state) ? count : 0)) : counts;
      if (pid !== NO_HOLDER) this.#tally(pid).addPlain(charged);
      else if (charged.some((count) => count > 0)) (this.unowned ??= new Tally()).addPlain(charged);
    }
  }

  #add(socket: Socket, holder: number, isStuck: boolean, leaked: LeakedDescriptor | null): void {
    if (holder === ASK || holder === NO_HOLDER) return this.#addHeld(socket, isStuck, leaked);
    if (!this.#filter.takes(socket, holder, leaked ?? socket)) return;
    this.#tally(holder).add(socket, isStuck, leaked);
    this.#count(socket, isStuck, leaked);
  }

  #addHeld(socket: Socket, isStuck: boolean, leaked: LeakedDescriptor | null): void {
    const holders = this.#world.holders(socket);
    const age = leaked ?? socket;
    let isCounted = false;
    for (const { pid } of holders) {
      if (!this.#filter.takes(socket, pid, age)) continue;
      this.#tally(pid).add(socket, isStuck, leaked);
      isCounted = true;
    }
    if (holders.length === 0 && this.#filter.takes(socket, null, age)) {
      isCounted = true;
      // Sockets without a file are closing and have no holder, so they do not count as unowned.
      if (hasFile(socket)) (this.unowned ??= new Tally()).add(socket, isStuck, leaked);
    }
    if (isCounted) this.#count(socket, isStuck, leaked);
  }

  #count({ state }: Socket, isStuck: boolean, leaked: LeakedDescriptor | null): void {
    if (leaked === null) this.states[state] = (this.states[state] ?? 0) + 1;
    if (isStuck) this.stuck++;
  }

  /** All processes, or with a filter those that hold a matching socket. */
  processes({ processes, clock: { now } }: Tables): ProcessRow[] {
    const rows: ProcessRow[] = [];
    for (const process of processes) {
      const tally = this.#tallies.get(process.pid);
      if (tally !== undefined || this.#filter.isEmpty) rows.push(processRow(process, tally, now));
    }
    return rows.toSorted(byBlame);
  }

  /** Null if the filter matches none of its sockets. */
  countsOf(pid: number): SocketCounts | null {
    return this.#tallies.get(pid)?.counts(this.#world.now) ?? null;
  }

  #tally(pid: number): Tally {
    if (this.#last?.pid === pid) return this.#last.tally;
    let tally = this.#tallies.get(pid);
    if (tally === undefined) this.#tallies.set(pid, (tally = new Tally()));
    this.#last = { pid, tally };
    return tally;
  }
}
