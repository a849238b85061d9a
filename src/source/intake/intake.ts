import type { ChangeCount } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { LossCount } from "./loss-count.ts";
import { Reorder } from "./reorder.ts";
import type { NameBook } from "../../wire/name-book.ts";
import { ACCEPTED, type Pair, type SentCounts } from "../../wire/sent-counts.ts";
import type { WireLine } from "../../wire/wire-line.ts";
import { WireDecoder, type WireSink } from "../../wire/wire.ts";

export interface IntakeSink {
  /** A line with an event, before its turn; another one's after the call. Returns whether it is to be told. */
  takes(line: WireLine): boolean;
  /** So many more transitions were sent and are lost; `at` is null when the tracer has ended. */
  lost(changes: readonly ChangeCount[], at: Nanos | null): void;
  /** It was so late in the kernel when the line was written. */
  moment(at: Nanos): void;
}

/** What comes of a tracer's lines: events in order, each once, and how many are lost. Pure. */
export class Intake implements WireSink {
  readonly reorder: Reorder;
  readonly #decoder: WireDecoder;
  readonly #loss = new LossCount();
  readonly #sink: IntakeSink;

  /** These CPUs have nothing to tell from before `since`. */
  constructor(cpus: readonly number[], since: Nanos, names: NameBook, sink: IntakeSink) {
    this.#sink = sink;
    this.reorder = new Reorder(cpus, since, names);
    this.#decoder = new WireDecoder(this, { names });
  }

  push(chunk: Buffer): void {
    this.#decoder.push(chunk);
  }

  event(line: WireLine, cpu: number): void {
    this.#loss.received(cpu, line.isTransition ? line.pair : ACCEPTED);
    if (this.#sink.takes(line)) this.reorder.push(line, cpu);
  }

  heartbeat(cpu: number, sent: SentCounts, at: Nanos): void {
    this.#sink.moment(at);
    this.reorder.complete(cpu, at);
    this.#lose(this.#loss.emitted(cpu, sent), at);
  }

  finalCount(cpu: number, pair: Pair, sent: number): void {
    this.#lose(this.#loss.ended(cpu, pair, sent), null);
  }

  answer(cpu: number, emitted: number, held: number, at: Nanos): boolean {
    this.#sink.moment(at);
    const missing = emitted - this.#loss.known(cpu);
    // What is held may also be what a line had that was lost, and has been counted as such.
    const isNext = missing > 0 && missing === held;
    if (this.reorder.knows(cpu) && (missing <= 0 || isNext)) this.reorder.complete(cpu, at);
    return isNext;
  }

  anchor(at: Nanos): void {
    this.#sink.moment(at);
  }

  /** The kernel's count shows the event as lost: nothing to add. */
  malformed(): void {}

  /** A line without a change of state is evidence of an owner, and no transition. */
  #lose(lines: readonly ChangeCount[], at: Nanos | null): void {
    const changes = lines.filter(({ from, to }) => from === null || from !== to);
    if (changes.length > 0) this.#sink.lost(changes, at);
  }
}
