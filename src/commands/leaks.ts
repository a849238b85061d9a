import { EXIT, type ExitCode, UserError } from "../errors.ts";
import type { Filter } from "../model/filter.ts";
import type { LeakReport } from "../model/leak-report.ts";
import { Model } from "../model/model.ts";
import { takeLeaks } from "../model/take-leaks.ts";
import { leaksJson } from "../view/leaks-json.ts";
import { leaksText } from "../view/leaks-text.ts";
import { type EventInput, type EventInputOptions, openEvents } from "./event-input.ts";
import { say, watchReader, writeOut } from "./output.ts";

export interface LeaksOptions extends EventInputOptions {
  readonly json: boolean;
  /** How long to watch before answering; null: not at all, or a recording to its end. */
  readonly durationMs: number | null;
  readonly stuckAfterMs: number;
  readonly filter: Filter;
  /** Give every socket that nobody can be named for a line of its own. */
  readonly unowned: boolean;
  /** Exit 3 when some process has stuck sockets. */
  readonly fail: boolean;
}

/** Says who holds sockets in CLOSE_WAIT: after `durationMs`, or with what is known by then at Ctrl-C. */
export async function leaks(options: LeaksOptions, shutdown: AbortController): Promise<ExitCode> {
  const endWatch = watchReader(() => shutdown.abort("EPIPE"));
  const input = await openEvents(options, shutdown.signal);
  const report = await watch(options, input, shutdown);
  endWatch();
  input.sayFaults();
  // Nobody is there to be told.
  if (report === null) return EXIT.ok;
  const { userName } = input;
  await writeOut(
    options.json ? leaksJson(report, userName) : leaksText(report, userName, options.unowned),
    shutdown.signal,
  );
  const isStuck = report.processes.length > 0 || report.unowned.length > 0;
  return options.fail && isStuck ? EXIT.stuck : EXIT.ok;
}

/** Null when the reader of stdout has gone before anything was seen. */
async function watch(options: LeaksOptions, input: EventInput, shutdown: AbortController): Promise<LeakReport | null> {
  const model = new Model();
  const { tables } = model;
  const duration = options.durationMs ?? (input.recording === null ? 0 : Infinity);
  let detail = "";
  for await (const batch of input.events(shutdown.signal)) {
    for (const event of batch) {
      model.fold(event);
      if (event.kind === "source" && event.detail !== detail) say((detail = event.detail));
      const { tracingSince, isSeeded, now } = tables;
      if (!isSeeded || tracingSince === null || now - tracingSince < duration * 1e6) continue;
      // A live source ends with a last look at /proc.
      shutdown.abort("done");
      if (input.recording !== null) break;
    }
  }
  if (tables.surveys > 0) return takeLeaks(tables, options);
  if (shutdown.signal.reason === "EPIPE") return null;
  throw new UserError("ended before anything was seen", "let it run for some seconds");
}
