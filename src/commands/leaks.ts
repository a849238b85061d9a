import { EXIT, type ExitCode, UserError } from "../errors.ts";
import type { Filter } from "../model/filter.ts";
import type { LeakReport } from "../model/leak-report.ts";
import { Model } from "../model/model.ts";
import { takeLeaks } from "../model/take-leaks.ts";
import { liveSource, type SourceWish } from "../source/auto.ts";
import { leaksJson } from "../view/leaks-json.ts";
import { leaksText } from "../view/leaks-text.ts";
import { userNames } from "./user-names.ts";
import { say, watchReader, writeOut } from "./output.ts";

export interface LeaksOptions {
  readonly source: SourceWish;
  readonly json: boolean;
  /** How long to watch before answering. */
  readonly durationMs: number;
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
  const report = await watch(options, shutdown);
  endWatch();
  // Nobody is there to be told.
  if (report === null) return EXIT.ok;
  const userName = userNames();
  await writeOut(
    options.json ? leaksJson(report, userName) : leaksText(report, userName, options.unowned),
    shutdown.signal,
  );
  const isStuck = report.processes.length > 0 || report.unowned.length > 0;
  return options.fail && isStuck ? EXIT.stuck : EXIT.ok;
}

/** Null when the reader of stdout has gone before anything was seen. */
async function watch(options: LeaksOptions, shutdown: AbortController): Promise<LeakReport | null> {
  const model = new Model();
  const { tables } = model;
  let detail = "";
  for await (const batch of liveSource(options.source).events(shutdown.signal)) {
    for (const event of batch) {
      model.fold(event);
      if (event.kind === "source" && event.detail !== detail) say((detail = event.detail));
    }
    // The source ends with a last look at /proc.
    const { tracingSince, isSeeded, now } = tables;
    if (isSeeded && tracingSince !== null && now - tracingSince >= options.durationMs * 1e6) shutdown.abort("done");
  }
  if (tables.surveys > 0) return takeLeaks(tables, options);
  if (shutdown.signal.reason === "EPIPE") return null;
  throw new UserError("ended before anything was seen", "let it run for some seconds");
}
