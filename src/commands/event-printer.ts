import type { Filter } from "../model/filter.ts";
import type { Gap, Loss, Nanos, TraceEvent } from "../model/event.ts";
import { Model } from "../model/model.ts";
import { SettledRows } from "../model/settled-rows.ts";
import { transitionSubject } from "../model/subject.ts";
import type { TransitionRow } from "../model/transition-row.ts";
import { type EventsSummary, gapJson, lostJson, summaryJson, transitionJson } from "../view/events-json.ts";
import { EVENTS_HEADER, gapText, lostText, transitionText } from "../view/events-text.ts";
import { say } from "./output.ts";

const ROWS_AT_ONCE = 256;

export interface EventPrinterOptions {
  readonly filter: Filter;
  readonly json: boolean;
  /** Stop after so many transitions; null for no end. */
  readonly count: number | null;
  /** Stop so long after tracing began; null for no end. */
  readonly durationMs: number | null;
}

/**
 * Turns events into the lines of `events`. What it prints depends on the events alone, and not on the batches that they come
 * in, so that a recording of a run prints what the run printed.
 */
export class EventPrinter {
  readonly #options: EventPrinterOptions;
  readonly model = new Model();
  readonly #rows = new SettledRows();
  #folded = 0;
  #transitions = 0;
  #attributed = 0;
  #hasHeader = false;
  #detail = "";
  isDone = false;

  /** Without rows it only counts. */
  constructor(options: EventPrinterOptions, hasRows = true) {
    this.#options = options;
    if (!hasRows) return;
    this.model.onTransition = (row: TransitionRow) => this.#rows.push(row);
  }

  /** Folds a batch; returns what it adds to stdout. */
  print(batch: readonly TraceEvent[]): string {
    let text = "";
    for (const event of batch) text += this.printEvent(event);
    return text;
  }

  printEvent(event: TraceEvent): string {
    this.model.fold(event);
    if (event.kind === "transition") return ++this.#folded % ROWS_AT_ONCE === 0 ? this.#drain(false) : "";
    if (event.kind === "tick") return this.#tick();
    if (event.kind === "loss" && event.where === "bpf") return this.#lost(event.at, event.count, event.where);
    if (event.kind === "gap") return this.#gap(event);
    if (event.kind === "source") this.#announce(event.detail);
    return "";
  }

  /** Rows are told at ticks, which are events too, and after so many others that memory stays small. */
  #tick(): string {
    const { durationMs } = this.#options;
    const text = this.#drain(false);
    if (durationMs !== null && this.#seconds() * 1000 >= durationMs) this.isDone = true;
    return text;
  }

  /** What is left when the stream has ended. */
  end(): string {
    const { missing, now } = this.model.tables;
    const rest = this.#drain(true) + (missing > 0 ? this.#lost(now, missing, "kernel") : "");
    return this.#options.json ? `${rest}${summaryJson(this.summary())}\n` : rest;
  }

  summary(): EventsSummary {
    const { lost, source, transitions, polled, changes } = this.model.tables;
    const seconds = Math.round(this.#seconds() * 10) / 10;
    const total = source === "bpf" ? transitions - polled + lost : null;
    const shown = { transitions: this.#transitions, lost, attributed: this.#attributed, seconds, source };
    return { ...shown, total, changes: changes.totals(total ?? transitions, lost) };
  }

  #seconds(): number {
    const { now, tracingSince } = this.model.tables;
    return tracingSince === null ? 0 : (now - tracingSince) / 1e9;
  }

  #drain(all: boolean): string {
    const { filter } = this.#options;
    let text = "";
    for (const row of this.#rows.take(this.model.tables, all)) {
      if (this.#transitions === this.#options.count) break;
      if (!filter.isEmpty && !filter.matches(transitionSubject(row))) continue;
      this.#transitions++;
      if (row.owner.pid !== null) this.#attributed++;
      const wallMs = this.model.wallMs(row.at);
      text += `${this.#options.json ? transitionJson(row, wallMs) : transitionText(row, wallMs)}\n`;
    }
    if (this.#transitions === this.#options.count) this.isDone = true;
    return this.#withHeader(text);
  }

  #withHeader(text: string): string {
    if (this.#options.json || this.#hasHeader || text === "") return text;
    this.#hasHeader = true;
    return `${EVENTS_HEADER}\n${text}`;
  }

  #lost(at: Nanos, count: number, where: Loss["where"]): string {
    const wallMs = this.model.wallMs(at);
    return `${this.#options.json ? lostJson(wallMs, count, where) : lostText(wallMs, count, where)}\n`;
  }

  #gap(event: Gap): string {
    const wallMs = this.model.wallMs(event.at);
    const ms = (event.at - event.from) / 1e6;
    return `${this.#options.json ? gapJson(wallMs, ms) : gapText(wallMs, ms)}\n`;
  }

  #announce(detail: string): void {
    if (detail !== this.#detail) say(detail);
    this.#detail = detail;
  }
}
