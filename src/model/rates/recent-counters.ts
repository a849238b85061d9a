import type { CountersSeen } from "../events/event.ts";
import type { CounterName, NamespaceCounters } from "../net/counters.ts";
import type { Nanos } from "../net/nanos.ts";
import { hasFallen } from "./counter-rates.ts";

const WINDOW: Nanos = 60e9;
const SPACING: Nanos = 5e9;

interface Reading {
  readonly at: Nanos;
  readonly counters: NamespaceCounters["counters"];
  readonly backlogDrops: number | null;
}

/** The rise of a counter, and over how many seconds. */
export interface Rise {
  readonly count: number;
  readonly seconds: number;
}

/** Counters of each namespace over the last minute, in steps of five seconds, to show recent rises. */
export class RecentCounters {
  readonly #readings = new Map<number, Reading[]>();

  add({ at, namespaces, host }: CountersSeen): void {
    const seen = new Set(namespaces.map(({ netns }) => netns));
    for (const netns of this.#readings.keys()) if (!seen.has(netns)) this.#readings.delete(netns);
    for (const one of namespaces) {
      const readings = this.#readings.get(one.netns) ?? [];
      const last = readings.at(-1);
      // If the counters fell, it is a new namespace with a reused number.
      if (last !== undefined && hasFallen({ ...one, counters: last.counters }, one)) readings.length = 0;
      const before = readings.at(-2);
      if (before !== undefined && (last?.at ?? at) - before.at < SPACING) readings.pop();
      readings.push({ at, counters: one.counters, backlogDrops: host?.backlogDrops ?? null });
      while (readings.length > 2 && at - (readings[1]?.at ?? at) >= WINDOW) readings.shift();
      this.#readings.set(one.netns, readings);
    }
  }

  /** The rise of these counters in a namespace within the last minute; null if it does not count them. */
  rise(netns: number, ...names: readonly CounterName[]): Rise | null {
    const readings = this.#readings.get(netns);
    return riseOf(readings, ({ counters }) => {
      const values = names.map((name) => counters[name]).filter((value) => value !== undefined);
      return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
    });
  }

  /** Packets dropped within the last minute, before any namespace saw them. */
  backlogDrops(): Rise | null {
    const [readings] = this.#readings.values();
    return riseOf(readings, (reading) => reading.backlogDrops);
  }
}

function riseOf(readings: readonly Reading[] | undefined, value: (reading: Reading) => number | null): Rise | null {
  const first = readings?.[0];
  const last = readings?.at(-1);
  if (first === undefined || last === undefined) return null;
  const [from, to] = [value(first), value(last)];
  return from === null || to === null ? null : { count: Math.max(0, to - from), seconds: (last.at - first.at) / 1e9 };
}
