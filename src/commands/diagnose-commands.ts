import type { Command } from "commander";
import { diagnose } from "./diagnose.ts";
import { explain } from "./explain.ts";
import { STUCK_AFTER_MS, type ViewFlags, live, parseDuration } from "./options.ts";
import type { Outcome } from "./outcome.ts";

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

const EXPLAIN_EXAMPLES = `
Examples:
  tcptrace explain                         what there is to explain
  tcptrace explain close-wait              a state: what it waits for, what helps, what does not
  tcptrace explain tcp_tw_recycle          a setting
  tcptrace explain ports-running-out       a finding of diagnose
`;

export function addExplain(program: Command, outcome: Outcome, shutdown: AbortController): void {
  program
    .command("explain")
    .argument("[topic]", "a state, a setting, or a finding of diagnose; without one, the list of them")
    .description("what a state or a setting really does, what helps and what does not")
    .addHelpText("after", EXPLAIN_EXAMPLES)
    .action(async (topic: string | undefined) => {
      outcome.code = await explain(topic ?? null, shutdown.signal);
    });
}
