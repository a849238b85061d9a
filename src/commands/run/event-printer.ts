import type { Gap, Loss, TraceEvent } from "../../model/events/event.ts";
import type { Filter } from "../../model/filter/filter.ts";
import { Model } from "../../model/fold/model.ts";
import { SettledRows } from "../../model/fold/settled-rows.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { transitionSubject } from "../../model/sockets/subject.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";
import { EventLines } from "../../view/print/event-lines.ts";
import { type EventsSummary, gapJson, lostJson, summaryJson } from "../../view/print/events-json.ts";
import { EVENTS_HEADER, gapText, lostText, transitionText } from "../../view/print/events-text.ts";

const ROWS_AT_ONCE = 256;

export interface EventPrinterOptions {
  readonly filter: Filter;
  readonly json: boolean;
  /** Stop after this number of transitions. */
  readonly count?: number | undefined;
  /** Stop this long after tracing began, in milliseconds. */
  readonly duration?: number | undefined;
}

/**
 * Turns events into the lines of `events`, as bytes. The output depends on the events alone, not on how they are
 * split into batches, so that a recording prints exactly what the live run printed.
 */
export class EventPrinter {
  readonly #options: EventPrinterOptions;
  readonly #say: (line: string) => void;
  readonly model = new Model();
  readonly #rows = new SettledRows();
  readonly #lines = new EventLines();
  #folded = 0;
  #transitions = 0;
  #attributed = 0;
  #hasHeader = false;
  #detail = "";
  isDone = false;

  /** `say` receives the name of the source. Without rows it only counts. */
  constructor(options: EventPrinterOptions, say: (line: string) => void, hasRows = true) {
    this.#options = options;
    this.#say = say;
    if (!hasRows) return;
    this.model.onTransition = (row: TransitionRow) => this.#rows.push(row);
  }

  /** Folds a batch and returns the output that it adds. */
  print(batch: readonly TraceEvent[]): Buffer {
    for (const event of batch) this.fold(event);
    return this.take();
  }

  /** Folds an event; `take` returns its lines. */
  fold(event: TraceEvent): void {
    this.model.fold(event);
    if (event.kind === "transition") {
      if (++this.#folded % ROWS_AT_ONCE === 0) this.#drain(false);
    } else if (event.kind === "tick") this.#tick();
    else if (event.kind === "loss" && event.where === "bpf") this.#lost(event.at, event.count, event.where);
    else if (event.kind === "gap") this.#gap(event);
    else if (event.kind === "source") this.#announce(event.detail);
  }

  /** The output added since the last call. */
  take(): Buffer {
    return this.#lines.take();
  }

  /** Rows are printed at every tick, and in between after every 256 transitions, to keep memory small. */
  #tick(): void {
    const { duration = Infinity } = this.#options;
    this.#drain(false);
    if (this.#seconds() * 1000 >= duration) this.isDone = true;
  }

  /** The output that remains at the end of the stream. */
  end(): Buffer {
    const { missing } = this.model.tables.counts;
    this.#drain(true);
    if (missing > 0) this.#lost(this.model.now, missing, "kernel");
    if (this.#options.json) this.#lines.line(summaryJson(this.summary()));
    return this.take();
  }

  summary(): EventsSummary {
    const { lost, transitions, polled, changes } = this.model.tables.counts;
    const { name: source } = this.model.tables.source;
    const seconds = Math.round(this.#seconds() * 10) / 10;
    const total = source === "bpf" ? transitions - polled + lost : null;
    const shown = { transitions: this.#transitions, lost, attributed: this.#attributed, seconds, source };
    return { ...shown, total, changes: changes.totals(total ?? transitions, lost) };
  }

  #seconds(): number {
    const { source, clock } = this.model.tables;
    return source.secondsUntil(clock.now);
  }

  #drain(all: boolean): void {
    const { filter } = this.#options;
    for (const row of this.#rows.take(this.model.tables, all)) {
      if (this.#transitions === this.#options.count) break;
      if (!filter.isEmpty && !filter.matches(transitionSubject(row))) continue;
      this.#transitions++;
      if (row.owner.pid !== null) this.#attributed++;
      this.#row(row, this.model.wallMs(row.at));
    }
    if (this.#transitions === this.#options.count) this.isDone = true;
  }

  #row(row: TransitionRow, wallMs: number): void {
    if (this.#options.json) return this.#lines.transition(row, wallMs);
    if (!this.#hasHeader) this.#lines.line(EVENTS_HEADER);
    this.#hasHeader = true;
    this.#lines.line(transitionText(row, wallMs));
  }

  #lost(at: Nanos, count: number, where: Loss["where"]): void {
    const wallMs = this.model.wallMs(at);
    this.#lines.line(this.#options.json ? lostJson(wallMs, count, where) : lostText(wallMs, count, where));
  }

  #gap(event: Gap): void {
    const wallMs = this.model.wallMs(event.at);
    const ms = (event.at - event.from) / 1e6;
    this.#lines.line(this.#options.json ? gapJson(wallMs, ms) : gapText(wallMs, ms));
  }

  #announce(detail: string): void {
    if (detail !== this.#detail) this.#say(detail);
    this.#detail = detail;
  }
}
