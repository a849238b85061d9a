import type { ChangeCount, TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { LossCount } from "./loss-count.ts";
import { Reorder } from "./reorder.ts";
import type { NameBook } from "../../wire/name-book.ts";
import { ACCEPTED, type Pair, type SentCounts } from "../../wire/sent-counts.ts";
import type { WireLine } from "../../wire/wire-line.ts";
import { WireDecoder, type WireSink } from "../../wire/wire.ts";

export interface IntakeSink {
  /**
   * A line with an event, before it is put in order; the line is reused after the call. Returns whether to keep the
   * event.
   */
  takes(line: WireLine): boolean;
  /** These transitions were sent but lost; `at` is null once the tracer has ended. */
  lost(changes: readonly ChangeCount[], at: Nanos | null): void;
  /** A line has just arrived that the kernel wrote at this time. */
  moment(at: Nanos): void;
}

/** Turns a tracer's lines into events: in order of time, each once, with a count of what was lost. Pure. */
export class Intake {
  readonly #reorder: Reorder;
  readonly #decoder: WireDecoder;

  /** These CPUs have sent nothing from before `since`. */
  constructor(cpus: readonly number[], since: Nanos, names: NameBook, sink: IntakeSink) {
    this.#reorder = new Reorder(cpus, since, names);
    this.#decoder = new WireDecoder(new LineSink(this.#reorder, sink), { names });
  }

  push(chunk: Buffer): void {
    this.#decoder.push(chunk);
  }

  /**
   * Appends the events whose turn has come to `events`, in order. `notAfter` holds later ones back; with `all` no CPU
   * is waited for.
   */
  release(notAfter: Nanos = Infinity, all = false, events: TraceEvent[] = []): TraceEvent[] {
    return this.#reorder.release(notAfter, all, events);
  }

  /** Everything up to this time has been released. */
  get watermark(): Nanos {
    return this.#reorder.released;
  }

  /** How many events wait for their turn. */
  get size(): number {
    return this.#reorder.size;
  }

  /** How many events came after later ones had been released. */
  get late(): number {
    return this.#reorder.late;
  }

  /** The CPUs that have sent nothing since then, the longest silent first. */
  silentSince(at: Nanos): number[] {
    return this.#reorder.silentSince(at);
  }

  /** Those of them that may hold events back. */
  holdingSince(at: Nanos): number[] {
    return this.#reorder.holdingSince(at);
  }
}

/** Counts what the decoder reads, and passes events on to be put in order. */
class LineSink implements WireSink {
  readonly #reorder: Reorder;
  readonly #sink: IntakeSink;
  readonly #loss = new LossCount();

  constructor(reorder: Reorder, sink: IntakeSink) {
    this.#reorder = reorder;
    this.#sink = sink;
  }

  event(line: WireLine, cpu: number): void {
    this.#loss.received(cpu, line.isTransition ? line.pair : ACCEPTED);
    if (this.#sink.takes(line)) this.#reorder.push(line, cpu);
  }

  heartbeat(cpu: number, sent: SentCounts, at: Nanos): void {
    this.#sink.moment(at);
    this.#reorder.complete(cpu, at);
    this.#lose(this.#loss.emitted(cpu, sent), at);
  }

  finalCount(cpu: number, pair: Pair, sent: number): void {
    this.#lose(this.#loss.ended(cpu, pair, sent), null);
  }

  answer(cpu: number, emitted: number, held: number, at: Nanos): boolean {
    this.#sink.moment(at);
    const missing = emitted - this.#loss.known(cpu);
    // The events held may also be those of a line that was lost and has been counted as lost.
    const isNext = missing > 0 && missing === held;
    if (this.#reorder.knows(cpu) && (missing <= 0 || isNext)) this.#reorder.complete(cpu, at);
    return isNext;
  }

  anchor(at: Nanos): void {
    this.#sink.moment(at);
  }

  /** The kernel's count shows the event as lost: nothing to add. */
  malformed(): void {}

  /** A line without a change of state is evidence of an owner, but not a transition. */
  #lose(lines: readonly ChangeCount[], at: Nanos | null): void {
    const changes = lines.filter(({ from, to }) => from === null || from !== to);
    if (changes.length > 0) this.#sink.lost(changes, at);
  }
}
