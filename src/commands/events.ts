import { EXIT, type ExitCode } from "../base/errors.ts";
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
