import type { Command } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { doctorChecks } from "./doctor-checks.ts";
import type { Outcome } from "./outcome.ts";
import { probeChecks } from "./probe-checks.ts";
import { type TracingFacts, chooseSource } from "../source/bpftrace/choose.ts";
import { readTracingFacts } from "../source/bpftrace/tracing-facts.ts";
import { type TrialResult, tryTracing } from "../source/trial.ts";
import { doctorJson } from "../view/print/doctor-json.ts";
import type { DoctorReport } from "../view/print/doctor-report.ts";
import { doctorText } from "../view/print/doctor-text.ts";

/** Says what tcptrace can trace on this machine. `trial` traces for real; it runs only where BPF looks possible. */
export async function doctor(
  options: { readonly json: boolean },
  signal: AbortSignal,
  trial?: (facts: TracingFacts, signal: AbortSignal) => Promise<TrialResult>,
): Promise<ExitCode> {
  const facts = await readTracingFacts(signal);
  const isPossible = chooseSource(facts).source === "bpf";
  const report = doctorReport(facts, isPossible && trial !== undefined ? await trial(facts, signal) : null);
  process.stdout.write(options.json ? doctorJson(report) : doctorText(report));
  return EXIT.ok;
}

/** Joins checks, choice and trial. A trial that failed means that `auto` will fall back to /proc, whatever the checks say. */
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

export function addDoctor(program: Command, outcome: Outcome, shutdown: AbortController): void {
  program
    .command("doctor")
    .description("what tcptrace can trace on this machine, and what is missing")
    .option("--json", "one JSON document", false)
    .addHelpText("after", DOCTOR_EXAMPLES)
    .action(async ({ json }: { json: boolean }) => {
      outcome.code = await doctor({ json }, shutdown.signal, tryTracing);
    });
}
