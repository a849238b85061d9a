import type { TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { LineQueue } from "./line-queue.ts";
import type { NameBook } from "../../wire/name-book.ts";
import type { WireLine } from "../../wire/wire-line.ts";

/** A CPU this far behind the others has been taken offline, or its last lines were lost: don't wait for it. */
const OFFLINE_AFTER: Nanos = 15e9;
/** A CPU that has had no event for 32 ms holds nothing back (probes/outbox.bt). */
const HOLDS: Nanos = 50e6;
/** Bounds memory when one CPU is silent and another is busy. */
const MAX_PENDING = 500_000;

/**
 * Puts events into order of time. Those of one CPU arrive in order, but bpftrace reads one CPU's buffer after another,
 * so they may arrive seconds after later ones of other CPUs. An event is released once each CPU has reported a later
 * time: by an event, by a heartbeat, or by an answer that shows that nothing of it is under way.
 */
export class Reorder {
  readonly #pending: (LineQueue | undefined)[] = [];
  /** The latest time that each CPU has reported. */
  readonly #watermarks: (Nanos | undefined)[] = [];
  /** The time of each CPU's latest event. */
  readonly #latest: (Nanos | undefined)[] = [];
  readonly #names: NameBook | undefined;
  #size = 0;
  #released: Nanos = 0;
  /** Events that came after later ones had been released, because their CPU had been silent for too long. */
  late = 0;

  /** These CPUs have sent nothing from before `since`; others are waited for from their first event on. */
  constructor(cpus: readonly number[], since: Nanos, names?: NameBook) {
    this.#names = names;
    for (const cpu of cpus) this.#watermarks[cpu] = since;
  }

  get size(): number {
    return this.#size;
  }

  /** Everything up to this time has been released. */
  get released(): Nanos {
    return this.#released;
  }

  push(line: WireLine, cpu: number): void {
    if (line.at < this.#released) this.late++;
    let queue = this.#pending[cpu];
    if (queue === undefined) this.#pending[cpu] = queue = new LineQueue(this.#names);
    queue.push(line);
    this.#latest[cpu] = line.at;
    this.complete(cpu, line.at);
    this.#size++;
  }

  /** All events of this CPU up to `at` have been pushed. */
  complete(cpu: number, at: Nanos): void {
    this.#watermarks[cpu] = Math.max(this.#watermarks[cpu] ?? 0, at);
  }

  /** Whether this CPU was there at the start, or has sent something since. */
  knows(cpu: number): boolean {
    return this.#watermarks[cpu] !== undefined;
  }

  /** The CPUs that have reported nothing since then, the longest silent first. */
  silentSince(at: Nanos): number[] {
    return this.#cpusThat((watermark) => watermark < at);
  }

  /** Those of them that may hold events back: they have reported nothing since their last event was due to be sent. */
  holdingSince(at: Nanos): number[] {
    return this.#cpusThat((watermark, latest) => watermark < at && watermark < latest + HOLDS);
  }

  #cpusThat(is: (watermark: Nanos, latest: Nanos) => boolean): number[] {
    const cpus: number[] = [];
    for (const [cpu, watermark] of this.#watermarks.entries()) {
      if (watermark !== undefined && is(watermark, this.#latest[cpu] ?? -Infinity)) cpus.push(cpu);
    }
    return cpus.toSorted((one, other) => (this.#watermarks[one] ?? 0) - (this.#watermarks[other] ?? 0));
  }

  /**
   * Appends the events whose turn has come to `events`, in order. `notAfter` holds later ones back; with `all` no CPU
   * is waited for.
   */
  release(notAfter: Nanos = Infinity, all = false, events: TraceEvent[] = []): TraceEvent[] {
    const until = all || this.#size > MAX_PENDING ? Infinity : Math.min(this.#commonWatermark(), notAfter);
    const before = events.length;
    while (this.#releaseFirst(until, events));
    const count = events.length - before;
    this.#size -= count;
    const last = until === Infinity ? (count === 0 ? 0 : (events.at(-1)?.at ?? 0)) : until;
    this.#released = Math.max(this.#released, last);
    return events;
  }

  /** Releases from the CPU with the earliest event, until another CPU's is earlier; false when there is none. */
  #releaseFirst(until: Nanos, events: TraceEvent[]): boolean {
    let first: LineQueue | undefined;
    let next = Infinity;
    for (const queue of this.#pending) {
      if (queue === undefined || queue.length === 0) continue;
      if (first === undefined || queue.head < first.head) {
        next = first?.head ?? Infinity;
        first = queue;
      } else if (queue.head < next) next = queue.head;
    }
    if (first === undefined || first.head > until) return false;
    first.take(Math.min(until, next), events);
    return true;
  }

  #commonWatermark(): Nanos {
    let latest = 0;
    for (const at of this.#watermarks) if (at !== undefined && at > latest) latest = at;
    let all = latest;
    for (const at of this.#watermarks) if (at !== undefined && at < all && at > latest - OFFLINE_AFTER) all = at;
    return all;
  }
}
