import type { TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { CounterReader } from "./counter-reader.ts";
import { DetailReader } from "./details.ts";
import { LoadShedding } from "./load-shedding.ts";

/** What is read beside the tracing and the surveys: details of sockets in CLOSE_WAIT, and the kernel's own counters. */
export class AuxiliaryReaders {
  readonly #details: DetailReader;
  readonly #counters: CounterReader;
  readonly #shedding = new LoadShedding();

  constructor(now: () => Nanos, signal: AbortSignal) {
    this.#details = new DetailReader(now, signal);
    this.#counters = new CounterReader(now, signal);
  }

  /** Learns from what is traced and surveyed what to read. */
  note(event: TraceEvent): void {
    this.#details.note(event);
    this.#counters.note(event);
  }

  /** What has been read since the last call; reads again when due, and less often while tracing is behind. */
  take(isBehind = false): TraceEvent[] {
    const mayRead = this.#shedding.allows(isBehind, performance.now());
    return [this.#details.take(mayRead), this.#counters.take(mayRead)].filter((event) => event !== null);
  }

  /** Reads everything one last time, after the run. */
  async last(): Promise<TraceEvent[]> {
    const read = [await this.#details.last(), await this.#counters.last()];
    return read.filter((event) => event !== null);
  }
}
