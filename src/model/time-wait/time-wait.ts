import { SlotIndex } from "../../base/slot-index.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import type { Connection, Destination } from "./destination.ts";

/** Fixed in the kernel; no setting changes it (TCP_TIMEWAIT_LEN, include/net/tcp.h). */
export const TIME_WAIT_LIFE: Nanos = 60e9;
/** Twice the highest default of tcp_max_tw_buckets; further mini-sockets are counted but not kept. */
const MAX_TIME_WAITS = 524_288;

const FIRST_CAPACITY = 1024;
const SWEEP_EVERY: Nanos = 1e9;
const USED = 1;
const FIN_WAIT2 = 2;
const CHOSEN = 4;
const MISSED = 8;

/** A mini-socket: what is left of a connection that our side closed first. No process holds it. */
export interface TimeWait {
  /** The process that closed the connection; null if unknown. */
  readonly process: Process | null;
  readonly endsAt: Nanos;
  /** The peer has not closed yet: its FIN restarts the minute. */
  readonly isFinWait2: boolean;
  /** Whether the filter matches it. */
  readonly isChosen: boolean;
}

/** The position of a mini-socket in the table; reused after it ends. */
export type Slot = number;

/**
 * All known mini-sockets, by connection. A busy machine has hundreds of thousands, so they are rows of typed arrays of
 * about 60 bytes each instead of objects.
 */
export class TimeWaitTable {
  #capacity = FIRST_CAPACITY;
  #flags = new Uint8Array(FIRST_CAPACITY);
  #clientPorts = new Uint16Array(FIRST_CAPACITY);
  #endsAt = new Float64Array(FIRST_CAPACITY);
  #since = new Float64Array(FIRST_CAPACITY);
  #surveys = new Uint32Array(FIRST_CAPACITY);
  readonly #destinations: (Destination | null)[] = [];
  readonly #processes: (Process | null)[] = [];
  readonly #free: Slot[] = [];
  /** Slots from this one on have never been used. */
  #fresh = 0;
  readonly #index = new SlotIndex(
    (slot) => this.#destinations[slot]?.id ?? 0,
    (slot) => this.#clientPorts[slot] ?? 0,
  );
  #sweptAt: Nanos = 0;
  #size = 0;
  #chosen = 0;
  #finWait2 = 0;
  #dropped = 0;

  /** Number of mini-sockets in either state, regardless of the filter. */
  get size(): number {
    return this.#size;
  }

  /** Number of mini-sockets that match the filter. */
  get chosen(): number {
    return this.#chosen;
  }

  /** How many of the chosen ones are in FIN_WAIT2. */
  get finWait2(): number {
    return this.#finWait2;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Undefined if the connection has no mini-socket. */
  find(destination: Destination, clientPort: number): Slot | undefined {
    return this.#size === 0 ? undefined : this.#index.find(destination.id, clientPort);
  }

  /** Adds a mini-socket, replacing an earlier one of the same connection; undefined if there are too many. */
  add(connection: Connection, since: Nanos, { process, endsAt, isFinWait2, isChosen }: TimeWait): Slot | undefined {
    const before = this.find(connection.destination, connection.clientPort);
    if (before !== undefined) this.end(before);
    if (this.#size >= MAX_TIME_WAITS) {
      this.#dropped++;
      return undefined;
    }
    const slot = this.#free.pop() ?? this.#fresh++;
    if (slot >= this.#capacity) this.#grow();
    this.#destinations[slot] = connection.destination;
    this.#processes[slot] = process;
    this.#clientPorts[slot] = connection.clientPort;
    this.#endsAt[slot] = endsAt;
    this.#since[slot] = since;
    this.#surveys[slot] = 0;
    this.#flags[slot] = USED | (isFinWait2 ? FIN_WAIT2 : 0) | (isChosen ? CHOSEN : 0);
    this.#index.add(slot);
    this.#count(slot, 1);
    return slot;
  }

  end(slot: Slot): void {
    this.#count(slot, -1);
    this.#index.remove(slot);
    this.#flags[slot] = 0;
    this.#destinations[slot] = null;
    this.#processes[slot] = null;
    this.#free.push(slot);
  }

  /** Calls `visit` for each; `visit` may end the slot it receives. */
  forEach(visit: (slot: Slot) => void): void {
    for (let slot = 0; slot < this.#fresh; slot++) if (this.#flags[slot] !== 0) visit(slot);
  }

  /** Throws if the slot is not in use. */
  destination(slot: Slot): Destination {
    const destination = this.#destinations[slot];
    if (destination == null) throw new Error(`no mini-socket in slot ${slot}`);
    return destination;
  }

  clientPort(slot: Slot): number {
    return this.#clientPorts[slot] ?? 0;
  }

  process(slot: Slot): Process | null {
    return this.#processes[slot] ?? null;
  }

  endsAt(slot: Slot): Nanos {
    return this.#endsAt[slot] ?? 0;
  }

  /** When it was created, or first seen. */
  since(slot: Slot): Nanos {
    return this.#since[slot] ?? 0;
  }

  isFinWait2(slot: Slot): boolean {
    return ((this.#flags[slot] ?? 0) & FIN_WAIT2) !== 0;
  }

  isChosen(slot: Slot): boolean {
    return ((this.#flags[slot] ?? 0) & CHOSEN) !== 0;
  }

  /** Corrects the state and end of a mini-socket. */
  update(slot: Slot, isFinWait2: boolean, endsAt: Nanos): void {
    this.#endsAt[slot] = endsAt;
    if (this.isFinWait2(slot) === isFinWait2) return;
    this.#count(slot, -1);
    this.#flags[slot] = (this.#flags[slot] ?? 0) ^ FIN_WAIT2;
    this.#count(slot, 1);
  }

  /** The number of the last survey that showed it; 0 for none. */
  surveyed(slot: Slot): number {
    return this.#surveys[slot] ?? 0;
  }

  markSurveyed(slot: Slot, survey: number): void {
    this.#surveys[slot] = survey;
    this.#flags[slot] = (this.#flags[slot] ?? 0) & ~MISSED;
  }

  /** The last survey should have shown it and did not. */
  isMissed(slot: Slot): boolean {
    return ((this.#flags[slot] ?? 0) & MISSED) !== 0;
  }

  markMissed(slot: Slot): void {
    this.#flags[slot] = (this.#flags[slot] ?? 0) | MISSED;
  }

  /** Ends expired mini-sockets, at most once a second. */
  sweep(now: Nanos): void {
    if (now - this.#sweptAt < SWEEP_EVERY) return;
    this.#sweptAt = now;
    this.forEach((slot) => {
      if (this.endsAt(slot) <= now) this.end(slot);
    });
  }

  #count(slot: Slot, by: 1 | -1): void {
    const flags = this.#flags[slot] ?? 0;
    const destination = this.#destinations[slot];
    const process = this.#processes[slot];
    this.#size += by;
    if (destination != null) destination.timeWaits += by;
    if ((flags & CHOSEN) === 0) return;
    this.#chosen += by;
    if (process != null) process.timeWaits += by;
    if (destination != null) destination.chosen += by;
    if ((flags & FIN_WAIT2) === 0) return;
    this.#finWait2 += by;
    if (destination != null) destination.finWait2 += by;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#flags = grown(this.#flags, new Uint8Array(this.#capacity));
    this.#clientPorts = grown(this.#clientPorts, new Uint16Array(this.#capacity));
    this.#endsAt = grown(this.#endsAt, new Float64Array(this.#capacity));
    this.#since = grown(this.#since, new Float64Array(this.#capacity));
    this.#surveys = grown(this.#surveys, new Uint32Array(this.#capacity));
  }
}

interface Column {
  set(values: ArrayLike<number>): void;
}

function grown<T extends Column & ArrayLike<number>>(before: T, after: T): T {
  after.set(before);
  return after;
}
