import type { Command } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { STUCK_AFTER_MS, type ViewFlags, live, parseDuration } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { type EventInputOptions, openEvents } from "./run/event-input.ts";
import { watchReader, writeOut } from "./run/output.ts";
import { watch } from "./run/watch.ts";
import type { Filter } from "../model/filter/filter.ts";
import { buildLeaks } from "../model/reports/build-leaks.ts";
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
  const report = tables === null ? null : buildLeaks(tables, options);
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

const LEAKS_EXAMPLES = `
Examples:
  sudo tcptrace leaks                      who holds sockets in CLOSE_WAIT, now
  sudo tcptrace leaks --duration 30s       … and how fast that grows, and when descriptors run out
  sudo tcptrace leaks --fail --json | jq '.processes[] | {pid, comm, stuck}'
  sudo tcptrace leaks --filter 'proc:api !dst:10.0.0.0/8 age:>5m'
`;

interface LeaksFlags extends ViewFlags {
  json: boolean;
  duration?: number;
  stuckAfter: number;
  unowned: boolean;
  fail: boolean;
}

export function addLeaks(program: Command, outcome: Outcome, shutdown: AbortController): void {
  live(program.command("leaks"))
    .description("who holds sockets in CLOSE_WAIT, since when, how many, until when")
    .option("--json", "one JSON document", false)
    .option("--duration <DUR>", "watch so long before answering", parseDuration)
    .option("--stuck-after <DUR>", "when CLOSE_WAIT counts as stuck", parseDuration, STUCK_AFTER_MS)
    .option("--unowned", "a line for each socket that nobody can be named for", false)
    .option("--fail", "exit 3 when some process has stuck sockets", false)
    .addHelpText("after", LEAKS_EXAMPLES)
    .action(async ({ duration, read, ...flags }: LeaksFlags) => {
      const options = { ...flags, read: read ?? null, durationMs: duration ?? null, stuckAfterMs: flags.stuckAfter };
      outcome.code = await leaks(options, shutdown);
    });
}
