import { EXIT, type ExitCode } from "../base/errors.ts";
import { type EventInputOptions, openEvents } from "./run/event-input.ts";
import { watchReader, writeOut } from "./run/output.ts";
import { watch } from "./run/watch.ts";
import { takeDiagnosis } from "../diagnosis/report.ts";
import type { Filter } from "../model/filter/filter.ts";
import { diagnoseJson } from "../view/print/diagnose-json.ts";
import { diagnoseText } from "../view/print/diagnose-text.ts";

/** Rates are over five seconds, and growth needs three surveys. */
const USUAL_DURATION_MS = 5000;

export interface DiagnoseCommandOptions extends EventInputOptions {
  readonly json: boolean;
  /** How long to watch before answering; null: the usual time, or a recording to its end. */
  readonly durationMs: number | null;
  readonly stuckAfterMs: number;
  readonly filter: Filter;
}

/** Says what is wrong, and what to do about it: after `durationMs`, or with what is known by then at Ctrl-C. */
export async function diagnose(options: DiagnoseCommandOptions, shutdown: AbortController): Promise<ExitCode> {
  const endWatch = watchReader(() => shutdown.abort("EPIPE"));
  const input = await openEvents(options, shutdown.signal);
  const durations = { asked: options.durationMs, usual: USUAL_DURATION_MS };
  const tables = await watch(input, durations, shutdown, options.filter);
  const diagnosis = tables === null ? null : takeDiagnosis(tables, options);
  endWatch();
  input.sayFaults();
  // Nobody is there to be told.
  if (diagnosis === null) return EXIT.ok;
  await writeOut(options.json ? diagnoseJson(diagnosis) : diagnoseText(diagnosis), shutdown.signal);
  return EXIT.ok;
}
