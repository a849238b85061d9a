import { EXIT, type ExitCode } from "../errors.ts";
import type { Filter } from "../model/filter.ts";
import type { ChurnReport } from "../model/churn-report.ts";
import { Model } from "../model/model.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { takeChurn } from "../model/take-churn.ts";
import { takeSnapshot } from "../model/take-snapshot.ts";
import { liveSource, type SourceWish } from "../source/auto.ts";
import { topTable } from "../view/top-table.ts";
import { writeOut } from "./output.ts";
import { userNames } from "./user-names.ts";
import { runTopUi } from "./top-ui.ts";

export interface TopOptions {
  readonly source: SourceWish;
  readonly filter: Filter;
  readonly batch: boolean;
  /** Tables to print in batch mode; null for no end. */
  readonly count: number | null;
  readonly intervalMs: number;
  readonly stuckAfterMs: number;
  readonly color: boolean;
  readonly ascii: boolean;
}

const BATCH_WIDTH = 200;

/** The live view: a terminal UI, or plain tables in batch mode. */
export async function top(options: TopOptions, shutdown: AbortController): Promise<ExitCode> {
  const model = new Model(options.filter);
  const snapshot = (): Snapshot | null =>
    model.tables.anchor === null || model.tables.surveys === 0
      ? null
      : takeSnapshot(model.tables, options.stuckAfterMs, options.filter);
  if (options.batch) await printTables(options, model, snapshot, shutdown);
  else await showScreen(options, model, snapshot, shutdown);
  return EXIT.ok;
}

async function printTables(
  options: TopOptions,
  model: Model,
  snapshot: () => Snapshot | null,
  shutdown: AbortController,
): Promise<void> {
  const userName = userNames();
  let printed = 0;
  let next: number | null = null;
  for await (const batch of liveSource(options.source).events(shutdown.signal)) {
    for (const event of batch) model.fold(event);
    const { now, tracingSince } = model.tables;
    next ??= tracingSince === null ? null : tracingSince + options.intervalMs * 1e6;
    if (next === null || now < next || shutdown.signal.aborted) continue;
    const shown = snapshot();
    if (shown === null) continue;
    await writeOut(
      `${printed === 0 ? "" : "\n"}${topTable(shown, process.stdout.columns ?? BATCH_WIDTH, userName)}`,
      shutdown.signal,
    );
    next = now + options.intervalMs * 1e6;
    if (++printed === options.count) shutdown.abort("done");
  }
}

async function showScreen(
  options: TopOptions,
  model: Model,
  snapshot: () => Snapshot | null,
  shutdown: AbortController,
): Promise<void> {
  const { intervalMs, ascii, color } = options;
  const traced = fold(options.source, model, shutdown);
  // A source that fails ends the screen first, so that its message is not drawn over.
  const ended = traced.catch(() => shutdown.abort("failed"));
  const churn = (): ChurnReport | null => (model.tables.surveys === 0 ? null : takeChurn(model.tables));
  await runTopUi(
    { snapshot, churn, status: () => "", intervalMs, ascii, color, userName: userNames() },
    shutdown.signal,
  );
  shutdown.abort("quit");
  await ended;
  await traced;
}

async function fold(source: SourceWish, model: Model, shutdown: AbortController): Promise<void> {
  for await (const batch of liveSource(source).events(shutdown.signal)) {
    // Who quits does not wait for the source's last look.
    if (shutdown.signal.aborted) break;
    for (const event of batch) model.fold(event);
  }
}
