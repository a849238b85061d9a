import type { Command } from "commander";
import { type ViewFlags, addViewOptions, jsonOption, stuckAfterOption, watchOption } from "./options.ts";
import { adviceAsStarted } from "./run/as-started.ts";
import type { Session } from "./run/session.ts";
import { type WatchFlags, watch } from "./run/watch.ts";
import { type Diagnosis, buildDiagnosis } from "../diagnosis/report.ts";
import { diagnoseJson } from "../view/print/diagnose-json.ts";
import { diagnoseText } from "../view/print/diagnose-text.ts";

/** Rates are averaged over five seconds, and growth needs three surveys. */
const USUAL_DURATION_MS = 5000;

interface DiagnoseFlags extends ViewFlags, WatchFlags {
  readonly json: boolean;
  readonly stuckAfter: number;
}

/** Reports what is wrong and what to do about it: after `duration`, or at Ctrl-C with what is known by then. */
async function diagnose(flags: DiagnoseFlags, session: Session): Promise<void> {
  const { filter, json, stuckAfter } = flags;
  const seen = await watch(flags, USUAL_DURATION_MS, session, filter);
  if (seen === null) return;
  const diagnosis = diagnosisAsStarted(buildDiagnosis(seen.tables, { filter, stuckAfterMs: stuckAfter }), flags);
  await session.write(json ? diagnoseJson(diagnosis) : diagnoseText(diagnosis));
}

/** A recording may come from another machine, where tcptrace is started differently. */
function diagnosisAsStarted(diagnosis: Diagnosis, { read }: ViewFlags): Diagnosis {
  return read === undefined ? { ...diagnosis, findings: diagnosis.findings.map(adviceAsStarted()) } : diagnosis;
}

const DIAGNOSE_EXAMPLES = `
Examples:
  sudo tcptrace diagnose                   watch for 5 s, then report what is wrong
  sudo tcptrace diagnose --duration 1m --stuck-after 10s
  sudo tcptrace diagnose --json | jq '.findings[] | select(.severity == "critical")'
  tcptrace diagnose -r run.tct.gz          diagnose a recording
`;

export function addDiagnose(program: Command, session: Session): void {
  addViewOptions(program.command("diagnose"))
    .description("find what is wrong on this machine, with evidence and advice (changes nothing)")
    .addOption(jsonOption())
    .addOption(watchOption("5s"))
    .addOption(stuckAfterOption())
    .addHelpText("after", DIAGNOSE_EXAMPLES)
    .action((flags: DiagnoseFlags) => session.whileRead(() => diagnose(flags, session)));
}
