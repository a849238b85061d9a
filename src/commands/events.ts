import type { Command } from "commander";
import { type ViewFlags, addViewOptions, countOption, durationOption, jsonOption } from "./options.ts";
import { openEvents } from "./run/event-input.ts";
import { EventPrinter, type EventPrinterOptions } from "./run/event-printer.ts";
import type { Session } from "./run/session.ts";
import { summaryLossText, summaryText } from "../view/print/events-text.ts";

interface EventsFlags extends ViewFlags, EventPrinterOptions {}

/** Prints every transition until Ctrl-C, `count`, `duration` or the end of the recording; then a summary. */
async function events(flags: EventsFlags, session: Session): Promise<void> {
  const printer = new EventPrinter(flags, session.say);
  const input = await openEvents(flags, session);
  for await (const batch of input.events(session.signal)) {
    const text = printer.print(batch);
    await session.write(text);
    if (printer.isDone) session.shutdown.abort("done");
  }
  const rest = printer.end();
  await session.write(rest);
  input.sayFaults();
  const summary = printer.summary();
  session.say(summaryText(summary));
  const loss = summaryLossText(summary);
  if (loss !== null) session.say(loss);
}

const EVENTS_EXAMPLES = `
Examples:
  sudo tcptrace events -c 100
  sudo tcptrace events --json --duration 10s > trace.ndjson
`;

export function addEvents(program: Command, session: Session): void {
  addViewOptions(program.command("events"))
    .description("print every transition, one per line, until Ctrl-C")
    .addOption(jsonOption("print newline-delimited JSON"))
    .addOption(countOption())
    .addOption(durationOption())
    .addHelpText("after", EVENTS_EXAMPLES)
    .action((flags: EventsFlags) => session.whileRead(() => events(flags, session)));
}
