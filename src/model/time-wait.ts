import type { Connection, Destination } from "./destination.ts";
import type { Nanos } from "./event.ts";
import type { Process } from "./process-table.ts";

/** Fixed in the kernel, by no setting to be changed (TCP_TIMEWAIT_LEN, include/net/tcp.h). */
export const TIME_WAIT_LIFE: Nanos = 60e9;
/** The most that tcp_max_tw_buckets is by default, times two; past it new ones are counted and not kept. */
export const MAX_TIME_WAITS = 524_288;

const PORTS = 65_536;
const SWEEP_EVERY: Nanos = 1e9;

/** What is left of a connection that our side has closed first: a mini-socket, which no process holds. */
export interface TimeWait {
  readonly destination: Destination;
  readonly clientPort: number;
  /** Who closed it; null when that was not seen. */
  process: Process | null;
  endsAt: Nanos;
  /** The peer has not closed yet: its FIN starts the minute anew. */
  isFinWait2: boolean;
  /** Whether the filter takes it. */
  readonly isChosen: boolean;
  /** When it was first known to be there. */
  readonly since: Nanos;
  /** Number of the last survey that showed it. */
  surveyed: number;
}

/** What is told of a mini-socket when it is made. */
export type NewTimeWait = Pick<TimeWait, "process" | "endsAt" | "isFinWait2" | "isChosen">;

/** All mini-sockets that are known, by their connection. */
export class TimeWaitTable {
  readonly #byKey = new Map<number, TimeWait>();
  #sweptAt: Nanos = 0;
  /** Those that the filter takes: how many stand in FIN_WAIT2. */
  finWait2 = 0;
  /** Those that the filter takes. */
  chosen = 0;
  dropped = 0;

  /** Mini-sockets in either state, whatever the filter. */
  get size(): number {
    return this.#byKey.size;
  }

  [Symbol.iterator](): IterableIterator<TimeWait> {
    return this.#byKey.values();
  }

  at(connection: Connection): TimeWait | undefined {
    return this.#byKey.get(keyOf(connection));
  }

  /** Keeps a new one in place of any that the connection left behind before; undefined when there are too many. */
  add({ destination, clientPort }: Connection, since: Nanos, made: NewTimeWait): TimeWait | undefined {
    const key = keyOf({ destination, clientPort });
    const before = this.#byKey.get(key);
    if (before !== undefined) this.end(before);
    if (this.#byKey.size >= MAX_TIME_WAITS) {
      this.dropped++;
      return undefined;
    }
    const { process, endsAt, isFinWait2, isChosen } = made;
    const timeWait = { destination, clientPort, process, endsAt, isFinWait2, isChosen, since, surveyed: 0 };
    this.#byKey.set(key, timeWait);
    this.#count(timeWait, 1);
    return timeWait;
  }

  /** The peer's FIN has come, or has not come yet. */
  setFinWait2(timeWait: TimeWait, isFinWait2: boolean): void {
    if (timeWait.isFinWait2 === isFinWait2) return;
    timeWait.isFinWait2 = isFinWait2;
    if (timeWait.isChosen) this.finWait2 += isFinWait2 ? 1 : -1;
  }

  /** Who closed it has been found out. */
  setProcess(timeWait: TimeWait, process: Process | null): void {
    if (timeWait.isChosen && timeWait.process !== null) timeWait.process.timeWaits--;
    timeWait.process = process;
    if (timeWait.isChosen && process !== null) process.timeWaits++;
  }

  end(timeWait: TimeWait): void {
    if (this.#byKey.delete(keyOf(timeWait))) this.#count(timeWait, -1);
  }

  /** Ends those whose time has come, once a second. */
  sweep(now: Nanos): void {
    if (now - this.#sweptAt < SWEEP_EVERY) return;
    this.#sweptAt = now;
    for (const timeWait of this.#byKey.values()) if (timeWait.endsAt <= now) this.end(timeWait);
  }

  #count({ destination, process, isFinWait2, isChosen }: TimeWait, by: 1 | -1): void {
    destination.timeWaits += by;
    if (!isChosen) return;
    this.chosen += by;
    if (isFinWait2) this.finWait2 += by;
    if (process !== null) process.timeWaits += by;
  }
}

function keyOf({ destination, clientPort }: Connection): number {
  return destination.id * PORTS + clientPort;
}
