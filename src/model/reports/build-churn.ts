import type { Tables } from "../fold/tables.ts";
import type { CounterName, NamespaceCounters } from "../net/counters.ts";
import type { Process } from "../processes/process.ts";
import type { ChurnCount, ChurnReport, NamespaceChurn, ProcessChurn, TimeWaitCount } from "./churn-report.ts";
import { buildDestinations } from "./build-destinations.ts";

/** Draws up who makes TIME_WAIT, from all tables, at `tables.now`. */
export function buildChurn(tables: Tables): ChurnReport {
  const { now, tracingSince } = tables;
  const namespaces = takeNamespaces(tables);
  return {
    wallMs: tables.wallMs(now),
    source: tables.source,
    lost: tables.lost,
    complete: tables.complete,
    seconds: tracingSince === null ? 0 : (now - tracingSince) / 1e9,
    total: totalOf(tables, namespaces),
    entered: tables.timeWaitsEntered,
    dropped: tables.destinations.dropped + tables.timeWaits.dropped,
    namespaces,
    history: tables.timeWaitHistory.series(now),
    processes: takeProcesses(tables),
    unowned: takeUnowned(tables),
    destinations: buildDestinations(tables),
  };
}

function takeProcesses(tables: Tables): ProcessChurn[] {
  const rows = tables.formerProcesses.map((process) => processChurn(process, tables.now));
  for (const process of tables.processes) {
    if (process.timeWaits > 0 || process.timeWaitsEntered > 0) rows.push(processChurn(process, tables.now));
  }
  return rows.toSorted((a, b) => b.enteredPerSecond - a.enteredPerSecond || b.now - a.now || a.pid - b.pid);
}

function processChurn({ pid, comm, timeWaits, timeWaitsEntered, timeWaitRate }: Process, now: number): ProcessChurn {
  return { pid, comm, entered: timeWaitsEntered, enteredPerSecond: timeWaitRate.perSecond(now), now: timeWaits };
}

function takeUnowned(tables: Tables): ChurnCount | null {
  let owned = 0;
  for (const { timeWaits } of tables.processes) owned += timeWaits;
  for (const { timeWaits } of tables.formerProcesses) owned += timeWaits;
  const now = tables.timeWaits.chosen - owned;
  const entered = tables.timeWaitsUnowned;
  if (now === 0 && entered === 0) return null;
  return { entered, enteredPerSecond: tables.unownedRate.perSecond(tables.now), now };
}

function takeNamespaces(tables: Tables): NamespaceChurn[] {
  const made = new Map<number | null, { now: number; finWait2: number }>();
  for (const { netns, chosen, finWait2 } of tables.destinations) {
    const count = made.get(netns) ?? { now: 0, finWait2: 0 };
    made.set(netns, { now: count.now + chosen, finWait2: count.finWait2 + finWait2 });
  }
  const isAll = tables.timeWaitFilter.isEmpty;
  const rows: NamespaceChurn[] = [];
  for (const read of tables.counters?.namespaces ?? []) {
    const count = made.get(read.netns) ?? { now: 0, finWait2: 0 };
    const since = (name: CounterName): number | null => risen(tables.firstCounters.get(read.netns), read, name);
    rows.push({
      netns: read.netns,
      ...count,
      kernel: isAll ? read.timeWait : null,
      limit: read.settings?.timeWaitLimit ?? null,
      overflowed: since("TCPTimeWaitOverflow"),
      recycled: since("TWRecycled"),
    });
  }
  return rows.toSorted((a, b) => fullness(b) - fullness(a) || b.now - a.now || a.netns - b.netns);
}

function risen(first: NamespaceCounters | undefined, last: NamespaceCounters, name: CounterName): number | null {
  const value = last.counters[name];
  return value === undefined ? null : value - (first?.counters[name] ?? value);
}

function fullness({ now, kernel, limit }: TimeWaitCount): number {
  return (kernel ?? now) / (limit ?? Infinity);
}

function totalOf({ timeWaits }: Tables, namespaces: readonly NamespaceChurn[]): TimeWaitCount {
  const sum = (value: (one: TimeWaitCount) => number | null): number | null => {
    const known = namespaces.map(value).filter((one) => one !== null);
    return known.length === 0 ? null : known.reduce((total, one) => total + one, 0);
  };
  return {
    now: timeWaits.chosen,
    finWait2: timeWaits.finWait2,
    kernel: namespaces.every(({ kernel }) => kernel !== null) ? sum(({ kernel }) => kernel) : null,
    limit: namespaces[0]?.limit ?? null,
    overflowed: sum(({ overflowed }) => overflowed),
    recycled: sum(({ recycled }) => recycled),
  };
}
