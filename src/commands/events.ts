import { EXIT, type ExitCode } from "../errors.ts";
import type { Filter } from "../model/filter.ts";
import type { Gap, Loss, Nanos, TraceEvent } from "../model/event.ts";
import { Model } from "../model/model.ts";
import { SettledRows } from "../model/settled-rows.ts";
import { transitionSubject } from "../model/subject.ts";
import { liveSource, type SourceWish } from "../source/auto.ts";
import { type EventsSummary, gapJson, lostJson, summaryJson, transitionJson } from "../view/events-json.ts";
import { EVENTS_HEADER, gapText, lostText, summaryText, transitionText } from "../view/events-text.ts";
import { say, watchReader, writeOut } from "./output.ts";

export interface EventsOptions {
  readonly source: SourceWish;
  readonly filter: Filter;
  readonly json: boolean;
  /** Stop after so many transitions; null for no end. */
  readonly count: number | null;
  /** Stop so long after tracing began; null for no end. */
  readonly durationMs: number | null;
}

/** Prints every transition until Ctrl-C, `count` or `duration`; then a summary. */
export async function events(options: EventsOptions, shutdown: AbortController): Promise<ExitCode> {
  const printer = new Printer(options);
  const endWatch = watchReader(() => shutdown.abort("EPIPE"));
  for await (const batch of liveSource(options.source).events(shutdown.signal)) {
    const text = printer.print(batch);
    await writeOut(text, shutdown.signal);
    if (printer.isDone) shutdown.abort("done");
  }
  endWatch();
  const rest = printer.end();
  await writeOut(rest, shutdown.signal);
  say(summaryText(printer.summary()));
  return EXIT.ok;
}

class Printer {
  readonly #options: EventsOptions;
  readonly #model = new Model();
  readonly #rows = new SettledRows();
  #transitions = 0;
  #attributed = 0;
  #hasHeader = false;
  #detail = "";
  isDone = false;

  constructor(options: EventsOptions) {
    this.#options = options;
    this.#model.onTransition = (row) => this.#rows.push(row);
  }

  /** Folds a batch; returns what it adds to stdout. */
  print(batch: readonly TraceEvent[]): string {
    let text = "";
    for (const event of batch) {
      this.#model.fold(event);
      if (event.kind === "loss" && event.where === "bpf") text += this.#lost(event.at, event.count, event.where);
      else if (event.kind === "gap") text += this.#gap(event);
      else if (event.kind === "source") this.#announce(event.detail);
    }
    text += this.#drain(false);
    if (this.#options.durationMs !== null && this.#seconds() * 1000 >= this.#options.durationMs) this.isDone = true;
    return text;
  }

  /** What is left when the stream has ended. */
  end(): string {
    const { missing, now } = this.#model.tables;
    const rest = this.#drain(true) + (missing > 0 ? this.#lost(now, missing, "kernel") : "");
    return this.#options.json ? `${rest}${summaryJson(this.summary())}\n` : rest;
  }

  summary(): EventsSummary {
    const { lost, source } = this.#model.tables;
    const seconds = Math.round(this.#seconds() * 10) / 10;
    return { transitions: this.#transitions, lost, attributed: this.#attributed, seconds, source };
  }

  #seconds(): number {
    const { now, tracingSince } = this.#model.tables;
    return tracingSince === null ? 0 : (now - tracingSince) / 1e9;
  }

  #drain(all: boolean): string {
    const { filter } = this.#options;
    let text = "";
    for (const row of this.#rows.take(this.#model.tables, all)) {
      if (this.#transitions === this.#options.count) break;
      if (!filter.isEmpty && !filter.matches(transitionSubject(row))) continue;
      this.#transitions++;
      if (row.owner.pid !== null) this.#attributed++;
      const wallMs = this.#model.wallMs(row.at);
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
    const wallMs = this.#model.wallMs(at);
    return `${this.#options.json ? lostJson(wallMs, count, where) : lostText(wallMs, count, where)}\n`;
  }

  #gap(event: Gap): string {
    const wallMs = this.#model.wallMs(event.at);
    const ms = (event.at - event.from) / 1e6;
    return `${this.#options.json ? gapJson(wallMs, ms) : gapText(wallMs, ms)}\n`;
  }

  #announce(detail: string): void {
    if (detail !== this.#detail) say(detail);
    this.#detail = detail;
  }
}
