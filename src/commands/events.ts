import type { Command } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { type ViewFlags, live, parseCount, parseDuration } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { type EventInputOptions, openEvents } from "./run/event-input.ts";
import { EventPrinter, type EventPrinterOptions } from "./run/event-printer.ts";
import { say, watchReader, writeOut } from "./run/output.ts";
import type { EventsSummary } from "../view/print/events-json.ts";
import { summaryLossText, summaryText } from "../view/print/events-text.ts";

export interface EventsOptions extends EventInputOptions, EventPrinterOptions {}

/** Prints every transition until Ctrl-C, `count`, `duration` or the recording's end; then a summary. */
export async function events(options: EventsOptions, shutdown: AbortController): Promise<ExitCode> {
  const printer = new EventPrinter(options);
  const endWatch = watchReader(() => shutdown.abort("EPIPE"));
  try {
    const input = await openEvents(options, shutdown.signal);
    for await (const batch of input.events(shutdown.signal)) {
      const text = printer.print(batch);
      await writeOut(text, shutdown.signal);
      if (printer.isDone) shutdown.abort("done");
    }
    const rest = printer.end();
    await writeOut(rest, shutdown.signal);
    input.sayFaults();
    saySummary(printer.summary());
    return EXIT.ok;
  } finally {
    endWatch();
  }
}

function saySummary(summary: EventsSummary): void {
  say(summaryText(summary));
  const loss = summaryLossText(summary);
  if (loss !== null) say(loss);
}

const EVENTS_EXAMPLES = `
Examples:
  sudo tcptrace events -c 100
  sudo tcptrace events --json --duration 10s > trace.ndjson
`;

interface EventsFlags extends ViewFlags {
  json: boolean;
  count?: number;
  duration?: number;
}

export function addEvents(program: Command, outcome: Outcome, shutdown: AbortController): void {
  live(program.command("events"))
    .description("every transition, a line each, until Ctrl-C")
    .option("--json", "newline-delimited JSON", false)
    .option("-c, --count <N>", "end after N transitions", parseCount)
    .option("--duration <DUR>", "end after this time: 500ms 10s 5m 2h", parseDuration)
    .addHelpText("after", EVENTS_EXAMPLES)
    .action(async ({ source, read, filter, json, count, duration }: EventsFlags) => {
      const input = { source, read: read ?? null };
      const options = { ...input, filter, json, count: count ?? null, durationMs: duration ?? null };
      outcome.code = await events(options, shutdown);
    });
}
