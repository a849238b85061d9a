import { EXIT, type ExitCode } from "../base/errors.ts";
import { type EventInputOptions, openEvents } from "./run/event-input.ts";
import { watchReader, writeOut } from "./run/output.ts";
import { watch } from "./run/watch.ts";
import type { Filter } from "../model/filter/filter.ts";
import { takeLeaks } from "../model/reports/take-leaks.ts";
import { leaksJson } from "../view/print/leaks-json.ts";
import { leaksText } from "../view/print/leaks-text.ts";

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
  const tables = await watch(input, { asked: options.durationMs, usual: 0 }, shutdown);
  const report = tables === null ? null : takeLeaks(tables, options);
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
