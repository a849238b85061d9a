import type { Nanos, TraceEvent } from "../model/event.ts";

/**
 * A CPU that is so far behind the others has been taken offline: nobody waits for it. bpftrace empties one CPU's buffer
 * before it turns to the next, and on a machine with too much to do that takes seconds.
 */
const OFFLINE_AFTER: Nanos = 15e9;
/**
 * An idle CPU beats seldom. When what others tell is fresh, nothing of a CPU that has been silent for so long waits; where
 * much is told, bpftrace may be busy with one CPU's buffer for longer.
 */
const IDLE_AFTER: Nanos = 150e6;
const BUSY_IDLE_AFTER: Nanos = 2e9;
const FRESH: Nanos = 250e6;
/** Events between two calls, some 50 ms apart. */
const MUCH = 250;
/** Memory is bounded even when one CPU is silent and another is not. */
const MAX_PENDING = 500_000;

/**
 * Puts events into order of time. Those of one CPU arrive in order, but bpftrace reads one CPU's buffer after another,
 * so they may arrive after later ones of other CPUs. An event's turn has come when each CPU has told of a later moment,
 * by an event or by its heartbeat, or is idle.
 */
export class Reorder {
  readonly #pending: TraceEvent[][] = [];
  /** The latest moment that each CPU has told of. */
  readonly #told: number[] = [];
  #size = 0;
  #released: Nanos = 0;
  #wasFresh = false;
  #wasCalm = false;
  /** Since the last release. */
  #pushed = 0;
  /** Events that came after their turn, since their CPU had been silent for too long. */
  late = 0;

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
    this.#told[cpu] = event.at;
    this.#size++;
    this.#pushed++;
  }

  /** All events of this CPU up to `at` have been pushed. */
  heartbeat(cpu: number, at: Nanos): void {
    this.#told[cpu] = at;
  }

  /**
   * The events whose turn has come, in order, at the time `now`. `notAfter` keeps later ones back; `all` waits for no CPU.
   */
  release(now: Nanos, notAfter: Nanos = Infinity, all = false): TraceEvent[] {
    const until = all || this.#size > MAX_PENDING ? Infinity : Math.min(this.#toldByAll(now), notAfter);
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

  #toldByAll(now: Nanos): Nanos {
    let latest = 0;
    for (const at of this.#told) if (at > latest) latest = at;
    const isFresh = now - latest < FRESH;
    const isCalm = this.#pushed < MUCH;
    const idleAfter = isCalm && this.#wasCalm ? IDLE_AFTER : BUSY_IDLE_AFTER;
    const patience = isFresh && this.#wasFresh ? idleAfter : OFFLINE_AFTER;
    this.#wasFresh = isFresh;
    this.#wasCalm = isCalm;
    this.#pushed = 0;
    let all = latest;
    for (const at of this.#told) if (at < all && at > latest - patience) all = at;
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
