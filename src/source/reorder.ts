import type { Nanos, TraceEvent } from "../model/event.ts";

/** A CPU that is so far behind the others has been taken offline, or has lost its last lines: nobody waits for it. */
const OFFLINE_AFTER: Nanos = 15e9;
/** Memory is bounded even when one CPU is silent and another is not. */
const MAX_PENDING = 500_000;

/**
 * Puts events into order of time. Those of one CPU arrive in order, but bpftrace reads one CPU's buffer after another,
 * so they may arrive seconds after later ones of other CPUs. An event's turn has come when each CPU has told of a later
 * moment: by an event, by its heartbeat, or because somebody has looked and nothing of it is under way.
 */
export class Reorder {
  readonly #pending: TraceEvent[][] = [];
  /** The latest moment that each CPU has told of. */
  readonly #told: (Nanos | undefined)[] = [];
  #size = 0;
  #released: Nanos = 0;
  /** Events that came after their turn, since their CPU had been silent for too long. */
  late = 0;

  /** These CPUs have nothing to tell from before `since`; another is waited for from its first event on. */
  constructor(cpus: readonly number[], since: Nanos) {
    for (const cpu of cpus) this.#told[cpu] = since;
  }

  get size(): number {
    return this.#size;
  }

  /** Up to here the order is complete: no event from before is to come. */
  get released(): Nanos {
    return this.#released;
  }

  push(event: TraceEvent, cpu: number): void {
    if (event.at < this.#released) this.late++;
    let events = this.#pending[cpu];
    if (events === undefined) this.#pending[cpu] = events = [];
    events.push(event);
    this.complete(cpu, event.at);
    this.#size++;
  }

  /** All events of this CPU up to `at` have been pushed. */
  complete(cpu: number, at: Nanos): void {
    this.#told[cpu] = Math.max(this.#told[cpu] ?? 0, at);
  }

  /** Whether this CPU was there at the begin, or has told something since. */
  knows(cpu: number): boolean {
    return this.#told[cpu] !== undefined;
  }

  /** The CPUs that have told nothing since then. */
  silentSince(at: Nanos): number[] {
    const cpus: number[] = [];
    for (const [cpu, told] of this.#told.entries()) if (told !== undefined && told < at) cpus.push(cpu);
    return cpus;
  }

  /** The events whose turn has come, in order. `notAfter` keeps later ones back; `all` waits for no CPU. */
  release(notAfter: Nanos = Infinity, all = false): TraceEvent[] {
    const until = all || this.#size > MAX_PENDING ? Infinity : Math.min(this.#toldByAll(), notAfter);
    const events: TraceEvent[] = [];
    let cpus = 0;
    for (const [cpu, pending] of this.#pending.entries()) {
      const count = pending === undefined ? 0 : countUntil(pending, until);
      if (count === 0) continue;
      cpus++;
      for (const event of pending.slice(0, count)) events.push(event);
      this.#pending[cpu] = pending.slice(count);
    }
    // Each CPU's events are a run in order, which the sort only merges.
    if (cpus > 1) events.sort((a, b) => a.at - b.at);
    this.#size -= events.length;
    const last = until === Infinity ? (events.at(-1)?.at ?? 0) : until;
    this.#released = Math.max(this.#released, last);
    return events;
  }

  #toldByAll(): Nanos {
    let latest = 0;
    for (const at of this.#told) if (at !== undefined && at > latest) latest = at;
    let all = latest;
    for (const at of this.#told) if (at !== undefined && at < all && at > latest - OFFLINE_AFTER) all = at;
    return all;
  }
}

/** How many of the events, which are in order, are not after `until`. */
function countUntil(events: readonly TraceEvent[], until: Nanos): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.at ?? Infinity) <= until) low = middle + 1;
    else high = middle;
  }
  return low;
}
