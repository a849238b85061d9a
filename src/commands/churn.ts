import { EXIT, type ExitCode, UserError } from "../errors.ts";
import type { ChurnReport } from "../model/churn-report.ts";
import type { Filter } from "../model/filter.ts";
import { Model } from "../model/model.ts";
import { takeChurn } from "../model/take-churn.ts";
import { liveSource, type SourceWish } from "../source/auto.ts";
import { churnJson } from "../view/churn-json.ts";
import { churnText } from "../view/churn-text.ts";
import { say, watchReader, writeOut } from "./output.ts";

export interface ChurnOptions {
  readonly source: SourceWish;
  readonly json: boolean;
  /** How long to watch before answering. */
  readonly durationMs: number;
  readonly filter: Filter;
}

/** Says who makes TIME_WAIT, toward whom, and how many ports are left: after `durationMs`, or at Ctrl-C. */
export async function churn(options: ChurnOptions, shutdown: AbortController): Promise<ExitCode> {
  const endWatch = watchReader(() => shutdown.abort("EPIPE"));
  const report = await watch(options, shutdown);
  endWatch();
  // Nobody is there to be told.
  if (report !== null) await writeOut(options.json ? churnJson(report) : churnText(report), shutdown.signal);
  return EXIT.ok;
}

/** Null when the reader of stdout has gone before anything was seen. */
async function watch(options: ChurnOptions, shutdown: AbortController): Promise<ChurnReport | null> {
  const model = new Model(options.filter);
  const { tables } = model;
  let detail = "";
  for await (const batch of liveSource(options.source).events(shutdown.signal)) {
    for (const event of batch) {
      model.fold(event);
      if (event.kind === "source" && event.detail !== detail) say((detail = event.detail));
    }
    const { tracingSince, isSeeded, now } = tables;
    if (isSeeded && tracingSince !== null && now - tracingSince >= options.durationMs * 1e6) shutdown.abort("done");
  }
  if (tables.surveys > 0) return takeChurn(tables);
  if (shutdown.signal.reason === "EPIPE") return null;
  throw new UserError("ended before anything was seen", "let it run for some seconds");
}
