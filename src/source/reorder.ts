import type { Nanos, TraceEvent } from "../model/event.ts";

const SHORTEST_WINDOW: Nanos = 10e6;
const LONGEST_WINDOW: Nanos = 1e9;
/** Memory is bounded even when the clock of one CPU stands still. */
const MAX_PENDING = 500_000;

/**
 * Puts events into order of time. bpftrace reads one CPU's buffer after another, so an event may arrive after later ones
 * of other CPUs; how much later is measured as it happens, and events wait for that long, within 10 ms to 1 s.
 */
export class Reorder {
  #pending: TraceEvent[] = [];
  #latest: Nanos = 0;
  #window: Nanos = SHORTEST_WINDOW;
  #isSorted = true;
  /** No event up to this moment is to come, as far as can be known. */
  released: Nanos = 0;
  /** Events that came too late to be put in their place. */
  late = 0;

  get size(): number {
    return this.#pending.length;
  }

  push(event: TraceEvent): void {
    const lag = this.#latest - event.at;
    if (lag <= 0) this.#latest = event.at;
    else {
      this.#isSorted = false;
      if (lag > this.#window) this.#window = Math.min(lag * 1.5, LONGEST_WINDOW);
      if (event.at < this.released) this.late++;
    }
    this.#pending.push(event);
  }

  /** The events whose turn has come, in order. `isQuiet`: nothing has arrived for a while, so nothing is under way. */
  release(isQuiet: boolean, notAfter: Nanos = Infinity): TraceEvent[] {
    if (this.#pending.length === 0) return [];
    const isFull = this.#pending.length > MAX_PENDING;
    const until = Math.min(isQuiet || isFull ? Infinity : this.#latest - this.#window, isFull ? Infinity : notAfter);
    if (!this.#isSorted) this.#pending.sort((a, b) => a.at - b.at);
    this.#isSorted = true;
    this.#window = Math.max(SHORTEST_WINDOW, this.#window * 0.98);
    const count = this.#countUntil(until);
    if (count === 0) return [];
    const events = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    this.released = events.at(-1)?.at ?? this.released;
    return events;
  }

  /** How many of the sorted events are not after `until`. */
  #countUntil(until: Nanos): number {
    let low = 0;
    let high = this.#pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pending[middle]?.at ?? Infinity) <= until) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
