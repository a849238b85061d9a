import type { Tables } from "../fold/tables.ts";
import type { CounterName, NamespaceCounters } from "../net/counters.ts";
import type { Process } from "../processes/process.ts";
import type { ChurnCount, ChurnReport, NamespaceChurn, ProcessChurn, TimeWaitCount } from "./churn-report.ts";
import { buildDestinations } from "./build-destinations.ts";

/** Builds the report of which processes cause TIME_WAIT, at the time of the last event. */
export function buildChurn(tables: Tables): ChurnReport {
  const { source, counts, surveys, timeWaits } = tables;
  const { now } = tables.clock;
  const namespaces = buildNamespaces(tables);
  return {
    wallMs: tables.clock.wallMs(now),
    source: source.name,
    lost: counts.lost,
    complete: surveys.isComplete,
    seconds: source.secondsUntil(now),
    total: totalOf(tables, namespaces),
    entered: timeWaits.entered,
    dropped: timeWaits.destinations.dropped + timeWaits.table.dropped,
    namespaces,
    history: timeWaits.series(now),
    processes: buildProcesses(tables),
    unowned: buildUnowned(tables),
    destinations: buildDestinations(tables),
  };
}

function buildProcesses({ processes, clock: { now } }: Tables): ProcessChurn[] {
  const rows = processes.former.map((process) => processChurn(process, now));
  for (const process of processes) {
    if (process.timeWaits > 0 || process.timeWaitsEntered > 0) rows.push(processChurn(process, now));
  }
  return rows.toSorted((a, b) => b.enteredPerSecond - a.enteredPerSecond || b.now - a.now || a.pid - b.pid);
}

function processChurn({ pid, comm, timeWaits, timeWaitsEntered, timeWaitRate }: Process, now: number): ProcessChurn {
  return { pid, comm, entered: timeWaitsEntered, enteredPerSecond: timeWaitRate.perSecond(now), now: timeWaits };
}

function buildUnowned({ processes, timeWaits, clock }: Tables): ChurnCount | null {
  let owned = 0;
  for (const process of processes) owned += process.timeWaits;
  for (const process of processes.former) owned += process.timeWaits;
  const now = timeWaits.table.chosen - owned;
  const entered = timeWaits.unowned;
  if (now === 0 && entered === 0) return null;
  return { entered, enteredPerSecond: timeWaits.unownedPerSecond(clock.now), now };
}

function buildNamespaces({ timeWaits, kernel }: Tables): NamespaceChurn[] {
  const ours = new Map<number | null, { now: number; finWait2: number }>();
  for (const { netns, chosen, finWait2 } of timeWaits.destinations) {
    const count = ours.get(netns) ?? { now: 0, finWait2: 0 };
    ours.set(netns, { now: count.now + chosen, finWait2: count.finWait2 + finWait2 });
  }
  const isAll = timeWaits.filter.isEmpty;
  const rows: NamespaceChurn[] = [];
  for (const read of kernel.namespaces) {
    const count = ours.get(read.netns) ?? { now: 0, finWait2: 0 };
    const since = (name: CounterName): number | null => risen(kernel.firstOf(read.netns), read, name);
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
    now: timeWaits.table.chosen,
    finWait2: timeWaits.table.finWait2,
    kernel: namespaces.every(({ kernel }) => kernel !== null) ? sum(({ kernel }) => kernel) : null,
    limit: namespaces[0]?.limit ?? null,
    overflowed: sum(({ overflowed }) => overflowed),
    recycled: sum(({ recycled }) => recycled),
  };
}
