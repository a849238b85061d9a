import { EXIT, type ExitCode, UserError } from "../errors.ts";
import type { ChurnReport } from "../model/churn-report.ts";
import type { Filter } from "../model/filter.ts";
import { Model } from "../model/model.ts";
import { takeChurn } from "../model/take-churn.ts";
import { churnJson } from "../view/churn-json.ts";
import { churnText } from "../view/churn-text.ts";
import { type EventInput, type EventInputOptions, openEvents } from "./event-input.ts";
import { say, watchReader, writeOut } from "./output.ts";

const USUAL_DURATION_MS = 10_000;

export interface ChurnOptions extends EventInputOptions {
  readonly json: boolean;
  /** How long to watch before answering; null: the usual time, or a recording to its end. */
  readonly durationMs: number | null;
  readonly filter: Filter;
}

/** Says who makes TIME_WAIT, toward whom, and how many ports are left: after `durationMs`, or at Ctrl-C. */
export async function churn(options: ChurnOptions, shutdown: AbortController): Promise<ExitCode> {
  const endWatch = watchReader(() => shutdown.abort("EPIPE"));
  const input = await openEvents(options, shutdown.signal);
  const report = await watch(options, input, shutdown);
  endWatch();
  input.sayFaults();
  // Nobody is there to be told.
  if (report !== null) await writeOut(options.json ? churnJson(report) : churnText(report), shutdown.signal);
  return EXIT.ok;
}

/** Null when the reader of stdout has gone before anything was seen. */
async function watch(options: ChurnOptions, input: EventInput, shutdown: AbortController): Promise<ChurnReport | null> {
  const model = new Model(options.filter);
  const { tables } = model;
  const duration = options.durationMs ?? (input.recording === null ? USUAL_DURATION_MS : Infinity);
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
  if (tables.surveys > 0) return takeChurn(tables);
  if (shutdown.signal.reason === "EPIPE") return null;
  throw new UserError("ended before anything was seen", "let it run for some seconds");
}
