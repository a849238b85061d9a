import type { Command } from "commander";
import { doctorChecks } from "./doctor-checks.ts";
import { jsonOption } from "./options.ts";
import { probeChecks } from "./probe-checks.ts";
import type { Session } from "./run/session.ts";
import { type TracingFacts, chooseSource } from "../source/bpftrace/choose.ts";
import { readTracingFacts } from "../source/bpftrace/tracing-facts.ts";
import { type TrialResult, tryTracing } from "../source/trial.ts";
import { doctorJson } from "../view/print/doctor-json.ts";
import type { DoctorReport } from "../view/print/doctor-report.ts";
import { doctorText } from "../view/print/doctor-text.ts";

interface DoctorFlags {
  readonly json: boolean;
}

/** Reports what tcptrace can trace on this machine. `trial` really traces; it runs only where BPF looks possible. */
export async function doctor(
  flags: DoctorFlags,
  session: Session,
  trial?: (facts: TracingFacts, signal: AbortSignal) => Promise<TrialResult>,
): Promise<void> {
  const facts = await readTracingFacts(session.signal);
  const isPossible = chooseSource(facts).source === "bpf";
  const report = doctorReport(facts, isPossible && trial !== undefined ? await trial(facts, session.signal) : null);
  await session.write(flags.json ? doctorJson(report) : doctorText(report));
}

/** Combines checks, choice and trial. After a failed trial `auto` falls back to /proc, even if all checks passed. */
export function doctorReport(facts: TracingFacts, trial: TrialResult | null): DoctorReport {
  const choice = chooseSource(facts);
  const checks = [...doctorChecks(facts), ...probeChecks(facts, trial)];
  if (trial !== null) checks.push({ id: "trace", needed: true, ok: trial.ok, detail: trial.detail, fix: trial.fix });
  const failed = [...(trial?.failures ?? [])].map(([program, reason]) => ({
    source: `bpf-${program}`,
    reason,
    fix: null,
  }));
  const passedOver = [...choice.passedOver, ...failed];
  const program = trial === null ? (choice.source === "bpf" ? choice.program : null) : trial.program;
  if (program === null) return { ok: false, source: "proc", takes: "proc, polling /proc", passedOver, checks };
  return { ok: program !== "basic", source: "bpf", takes: `bpf, ${program} probes`, passedOver, checks };
}

const DOCTOR_EXAMPLES = `
Examples:
  sudo tcptrace doctor
  sudo tcptrace doctor --json | jq '.checks[] | select(.ok | not)'
`;

export function addDoctor(program: Command, session: Session): void {
  program
    .command("doctor")
    .description("check what tcptrace can trace on this machine, what is missing, and how to fix it")
    .addOption(jsonOption())
    .addHelpText("after", DOCTOR_EXAMPLES)
    .action((flags: DoctorFlags) => doctor(flags, session, tryTracing));
}
