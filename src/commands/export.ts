import { type Command, Option } from "commander";
import { filterOption, readOption } from "./options.ts";
import { openEvents } from "./run/event-input.ts";
import { EventPrinter } from "./run/event-printer.ts";
import type { Session } from "./run/session.ts";
import type { TraceEvent } from "../model/events/event.ts";
import { type Filter, MATCH_ALL } from "../model/filter/filter.ts";
import { Model } from "../model/fold/model.ts";
import { SettledRows } from "../model/fold/settled-rows.ts";
import { transitionSubject } from "../model/sockets/subject.ts";
import type { TransitionRow } from "../model/sockets/transition-row.ts";
import { isoTime } from "../view/format/time.ts";
import { CSV_HEADER, transitionCsv } from "../view/print/events-csv.ts";
import { TraceEvents } from "../view/print/trace-events.ts";

interface ExportFlags {
  /** A recording; `-` is stdin. */
  readonly read: string;
  readonly format: "ndjson" | "csv" | "perfetto";
  readonly filter: Filter;
}

/** Converts events to another format. */
interface Exporter {
  print(batch: readonly TraceEvent[]): Buffer | string;
  end(): Buffer | string;
}

/** Writes a recording to stdout in another format. */
async function exportRecording(flags: ExportFlags, session: Session): Promise<void> {
  const input = await openEvents({ source: "auto", read: flags.read }, session);
  const exporter = newExporter(flags, session);
  for await (const batch of input.events(session.signal)) await session.write(exporter.print(batch));
  await session.write(exporter.end());
  input.sayFaults();
}

function newExporter({ format, filter }: ExportFlags, session: Session): Exporter {
  if (format === "csv") return new CsvExporter(filter);
  if (format === "perfetto") return new PerfettoExporter(filter);
  return new EventPrinter({ filter, json: true }, session.say);
}

/** The rows of a recording, each as soon as it is final. */
class Rows {
  readonly model = new Model();
  readonly #rows = new SettledRows();
  readonly #filter: Filter;

  constructor(filter: Filter) {
    this.#filter = filter;
    this.model.onTransition = (row) => this.#rows.push(row);
  }

  fold(event: TraceEvent): TransitionRow[] {
    this.model.fold(event);
    return event.kind === "tick" ? this.take(false) : [];
  }

  take(all: boolean): TransitionRow[] {
    const rows = this.#rows.take(this.model.tables, all);
    return this.#filter === MATCH_ALL ? rows : rows.filter((row) => this.#filter.matches(transitionSubject(row)));
  }
}

class CsvExporter implements Exporter {
  readonly #rows: Rows;
  #header = `${CSV_HEADER}\n`;

  constructor(filter: Filter) {
    this.#rows = new Rows(filter);
  }

  print(batch: readonly TraceEvent[]): string {
    return batch.map((event) => this.#lines(this.#rows.fold(event))).join("");
  }

  end(): string {
    return this.#lines(this.#rows.take(true), true);
  }

  #lines(rows: readonly TransitionRow[], isEnd = false): string {
    if (rows.length === 0 && !isEnd) return "";
    const header = this.#header;
    this.#header = "";
    const { model } = this.#rows;
    return header + rows.map((row) => `${transitionCsv(row, model.wallMs(row.at))}\n`).join("");
  }
}

class PerfettoExporter implements Exporter {
  readonly #rows: Rows;
  readonly #trace = new TraceEvents();
  #before = '{"displayTimeUnit":"ms","traceEvents":[\n';

  constructor(filter: Filter) {
    this.#rows = new Rows(filter);
  }

  print(batch: readonly TraceEvent[]): string {
    return batch.map((event) => this.#event(event)).join("");
  }

  #event(event: TraceEvent): string {
    const rows = this.#rows.fold(event);
    if (event.kind === "loss") return this.#value(this.#trace.mark(event.at, `lost ${event.count} transitions`));
    if (event.kind === "gap") return this.#value(this.#trace.mark(event.at, "nothing was traced before this point"));
    return this.#values(rows);
  }

  #values(rows: readonly TransitionRow[]): string {
    let text = "";
    for (const row of rows) for (const value of this.#trace.row(row)) text += this.#value(value);
    return text;
  }

  #value(value: string): string {
    const before = this.#before;
    this.#before = ",\n";
    return before + value;
  }

  end(): string {
    let text = this.#values(this.#rows.take(true));
    for (const value of this.#trace.end(this.#rows.model.now)) text += this.#value(value);
    const begin = this.#before === ",\n" ? "" : this.#before;
    // The wall-clock time of the trace's time zero.
    const zero = JSON.stringify(isoTime(Math.max(0, this.#rows.model.wallMs(0))));
    return `${text}${begin}\n],"otherData":{"zero":${zero}}}\n`;
  }
}

const EXPORT_EXAMPLES = `
Examples:
  tcptrace export -r run.tct.gz --format csv > run.csv
  tcptrace export -r run.tct.gz --format perfetto > run.json      open it at https://ui.perfetto.dev
`;

export function addExport(program: Command, session: Session): void {
  program
    .command("export")
    .description("write a recording to stdout in another format")
    .addOption(readOption("recording to read; - is stdin").makeOptionMandatory())
    .addOption(
      new Option("--format <FORMAT>", "output format").choices(["ndjson", "csv", "perfetto"]).makeOptionMandatory(),
    )
    .addOption(filterOption("only these sockets"))
    .addHelpText("after", EXPORT_EXAMPLES)
    .action((flags: ExportFlags) => session.whileRead(() => exportRecording(flags, session)));
}
