import type { Command } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { STUCK_AFTER_MS, type ViewFlags, live, parseDuration } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { type EventInputOptions, openEvents } from "./run/event-input.ts";
import { watchReader, writeOut } from "./run/output.ts";
import { watch } from "./run/watch.ts";
import { buildDiagnosis } from "../diagnosis/report.ts";
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
  const diagnosis = tables === null ? null : buildDiagnosis(tables, options);
  endWatch();
  input.sayFaults();
  // Nobody is there to be told.
  if (diagnosis === null) return EXIT.ok;
  await writeOut(options.json ? diagnoseJson(diagnosis) : diagnoseText(diagnosis), shutdown.signal);
  return EXIT.ok;
}

const DIAGNOSE_EXAMPLES = `
Examples:
  sudo tcptrace diagnose                   what is wrong, watched for 5 s
  sudo tcptrace diagnose --duration 1m --stuck-after 10s
  sudo tcptrace diagnose --json | jq '.findings[] | select(.severity == "critical")'
  tcptrace diagnose -r run.tct.gz          the same of a recording
`;

interface DiagnoseFlags extends ViewFlags {
  json: boolean;
  duration?: number;
  stuckAfter: number;
}

export function addDiagnose(program: Command, outcome: Outcome, shutdown: AbortController): void {
  live(program.command("diagnose"))
    .description("what is wrong on this machine, the evidence, what to do about it (changes nothing)")
    .option("--json", "one JSON document", false)
    .option("--duration <DUR>", "watch so long before answering (default 5s)", parseDuration)
    .option("--stuck-after <DUR>", "when CLOSE_WAIT counts as stuck", parseDuration, STUCK_AFTER_MS)
    .addHelpText("after", DIAGNOSE_EXAMPLES)
    .action(async ({ duration, read, stuckAfter, ...flags }: DiagnoseFlags) => {
      const options = { ...flags, read: read ?? null, durationMs: duration ?? null, stuckAfterMs: stuckAfter };
      outcome.code = await diagnose(options, shutdown);
    });
}
