import type { Command } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { type ViewFlags, live, parseDuration } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { type EventInputOptions, openEvents } from "./run/event-input.ts";
import { watchReader, writeOut } from "./run/output.ts";
import { watch } from "./run/watch.ts";
import type { Filter } from "../model/filter/filter.ts";
import { buildChurn } from "../model/reports/build-churn.ts";
import { churnJson } from "../view/print/churn-json.ts";
import { churnText } from "../view/print/churn-text.ts";

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
  const durations = { asked: options.durationMs, usual: USUAL_DURATION_MS };
  const tables = await watch(input, durations, shutdown, options.filter);
  const report = tables === null ? null : buildChurn(tables);
  endWatch();
  input.sayFaults();
  // Nobody is there to be told.
  if (report !== null) await writeOut(options.json ? churnJson(report) : churnText(report), shutdown.signal);
  return EXIT.ok;
}

const CHURN_EXAMPLES = `
Examples:
  sudo tcptrace churn                      who makes TIME_WAIT, watched for 10 s
  sudo tcptrace churn --duration 1m --filter 'dst:10.0.0.5:5432'
  sudo tcptrace churn --json | jq '.destinations[] | select(.exhaustedInMs)'
`;

interface ChurnFlags extends ViewFlags {
  json: boolean;
  duration?: number;
}

export function addChurn(program: Command, outcome: Outcome, shutdown: AbortController): void {
  live(program.command("churn"))
    .description("who makes TIME_WAIT, toward whom, and how many ports are left")
    .option("--json", "one JSON document", false)
    .option("--duration <DUR>", "watch so long before answering (default 10s)", parseDuration)
    .addHelpText("after", CHURN_EXAMPLES)
    .action(async ({ duration, read, ...flags }: ChurnFlags) => {
      outcome.code = await churn({ ...flags, read: read ?? null, durationMs: duration ?? null }, shutdown);
    });
}
