import type { Command } from "commander";
import { type ViewFlags, addViewOptions, jsonOption, stuckAfterOption, watchOption } from "./options.ts";
import { adviceAsStarted } from "./run/as-started.ts";
import type { Session } from "./run/session.ts";
import { type WatchFlags, watch } from "./run/watch.ts";
import { type Diagnosis, buildDiagnosis } from "../diagnosis/report.ts";
import { diagnoseJson } from "../view/print/diagnose-json.ts";
import { diagnoseText } from "../view/print/diagnose-text.ts";

/** Rates are over five seconds, and growth needs three surveys. */
const USUAL_DURATION_MS = 5000;

interface DiagnoseFlags extends ViewFlags, WatchFlags {
  readonly json: boolean;
  readonly stuckAfter: number;
}

/** Says what is wrong, and what to do about it: after `duration`, or with what is known by then at Ctrl-C. */
async function diagnose(flags: DiagnoseFlags, session: Session): Promise<void> {
  const { filter, json, stuckAfter } = flags;
  const seen = await watch(flags, USUAL_DURATION_MS, session, filter);
  if (seen === null) return;
  const diagnosis = diagnosisAsStarted(buildDiagnosis(seen.tables, { filter, stuckAfterMs: stuckAfter }), flags);
  await session.write(json ? diagnoseJson(diagnosis) : diagnoseText(diagnosis));
}

/** A recording may be of another machine, where tcptrace is started differently. */
function diagnosisAsStarted(diagnosis: Diagnosis, { read }: ViewFlags): Diagnosis {
  return read === undefined ? { ...diagnosis, findings: diagnosis.findings.map(adviceAsStarted) } : diagnosis;
}

const DIAGNOSE_EXAMPLES = `
Examples:
  sudo tcptrace diagnose                   what is wrong, watched for 5 s
  sudo tcptrace diagnose --duration 1m --stuck-after 10s
  sudo tcptrace diagnose --json | jq '.findings[] | select(.severity == "critical")'
  tcptrace diagnose -r run.tct.gz          the same of a recording
`;

export function addDiagnose(program: Command, session: Session): void {
  addViewOptions(program.command("diagnose"))
    .description("what is wrong on this machine, the evidence, what to do about it (changes nothing)")
    .addOption(jsonOption())
    .addOption(watchOption("5s"))
    .addOption(stuckAfterOption())
    .addHelpText("after", DIAGNOSE_EXAMPLES)
    .action((flags: DiagnoseFlags) => session.whileRead(() => diagnose(flags, session)));
}
