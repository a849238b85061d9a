import type { CountersSeen } from "../events/event.ts";
import type { Tables } from "./tables.ts";
import { settleMissed } from "./time-wait-survey.ts";
import { hasFallen } from "../rates/counter-rates.ts";

/** Takes over what the kernel counts by itself, and lets its count of mini-sockets settle ours. */
export function foldCounters(tables: Tables, event: CountersSeen): void {
  tables.counters = event;
  tables.counterRates.add(event);
  tables.recentCounters.add(event);
  settleMissed(tables, event);
  const { firstCounters, settings } = tables;
  for (const one of event.namespaces) {
    const first = firstCounters.get(one.netns);
    // A namespace whose counters have fallen is another one with its number.
    if (first === undefined || hasFallen(first, one)) firstCounters.set(one.netns, one);
    if (one.settings !== null) settings.set(one.netns, one.settings);
  }
}
