import { hostname } from "node:os";
import { safeText } from "../../base/text.ts";
import { adviceAsStarted, withoutRoot } from "../run/as-started.ts";
import { type EventInput, openEvents } from "../run/event-input.ts";
import type { Session } from "../run/session.ts";
import { ModelSource } from "./data/model-source.ts";
import { type TopOptions, screenOptions } from "./screen-options.ts";
import { showPlayer } from "./top-player.ts";
import { TopRecorder } from "./top-recorder.ts";
import { runTopUi } from "./top-ui.ts";
import { Model } from "../../model/fold/model.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";
import { buildSnapshot } from "../../model/reports/build-snapshot.ts";
import { topTable } from "../../view/print/top-table.ts";

const BATCH_WIDTH = 200;

/** Shows this machine live, or plays a recording: on the screen, or as plain tables in batch mode. */
export async function top(options: TopOptions, session: Session): Promise<void> {
  const { shutdown, say } = session;
  const input = await openEvents(options, session);
  const { recording } = input;
  if (options.batch && options.settings.warning !== "") say(options.settings.warning);
  if (options.batch) await printTables(options, input, session);
  else if (recording === null) await showScreen(options, input, session);
  else await showPlayer({ ...options, recording, userName: input.userName, screen: screenOptions(options) }, shutdown);
  input.sayFaults();
}

/** A snapshot of the model; null before the first survey. */
function snapshotOf({ tables }: Model, { stuckAfterMs, filter }: TopOptions): Snapshot | null {
  if (tables.clock.anchor === null || tables.surveys.count === 0) return null;
  return buildSnapshot(tables, stuckAfterMs, filter);
}

/** Prints tables by the clock of the events, so that a recording is printed as fast as it can be read. */
async function printTables(options: TopOptions, input: EventInput, session: Session): Promise<void> {
  const { shutdown, stdout } = session;
  const model = new Model(options.filter);
  const { tables } = model;
  let printed = 0;
  let next: number | null = null;
  const print = async (): Promise<void> => {
    const shown = snapshotOf(model, options);
    if (shown === null) return;
    const table = topTable(shown, stdout.columns ?? BATCH_WIDTH, input.userName);
    await session.write(`${printed === 0 ? "" : "\n"}${table}`);
    next = tables.clock.now + options.intervalMs * 1e6;
    if (++printed === options.count) shutdown.abort("done");
  };
  for await (const batch of input.events(shutdown.signal)) {
    for (const event of batch) {
      model.fold(event);
      if (event.kind !== "tick" || shutdown.signal.aborted) continue;
      next ??= tables.source.tracingSince === null ? null : tables.source.tracingSince + options.intervalMs * 1e6;
      if (next !== null && tables.clock.now >= next) await print();
    }
  }
  // The last part of a recording may be shorter than an interval.
  const isCutShort = next === null || tables.clock.now > next - options.intervalMs * 1e6;
  if (input.recording !== null && !shutdown.signal.aborted && isCutShort) await print();
}

async function showScreen(options: TopOptions, input: EventInput, { shutdown, say }: Session): Promise<void> {
  const model = new Model(options.filter);
  const source = new ModelSource(model, options.stuckAfterMs, adviceAsStarted());
  const recorder = new TopRecorder(model);
  const traced = fold(input, model, recorder, shutdown);
  // If the source fails, close the screen first, or it would draw over the error.
  const ended = traced.catch(() => shutdown.abort("failed"));
  const { intervalMs, filter } = options;
  const { userName } = input;
  const screen = { ...screenOptions(options), intervalMs, userName, host: safeText(hostname()) };
  await runTopUi({ ...screen, source, filter, recorder }, shutdown.signal);
  shutdown.abort("quit");
  await ended;
  // Printed after the screen is closed, which has no room for a long command.
  if (process.geteuid?.() !== 0) say(withoutRoot());
  // The screen is closed: from here on messages go to stderr.
  recorder.say = say;
  await recorder.end();
  await traced;
}

async function fold(input: EventInput, model: Model, recorder: TopRecorder, shutdown: AbortController): Promise<void> {
  for await (const batch of input.events(shutdown.signal)) {
    // After a quit, do not wait for the last survey of the source.
    if (shutdown.signal.aborted) break;
    for (const event of batch) {
      recorder.event(event);
      model.fold(event);
    }
    await recorder.settle();
  }
}
