import { EXIT } from "../errors.ts";
import type { ExitCode } from "../errors.ts";
import { chooseSource } from "../source/choose.ts";
import type { Choice } from "../source/choose.ts";
import type { TrialResult } from "../source/trial.ts";
import { readTracingFacts } from "../source/tracing-facts.ts";
import { doctorJson } from "../view/doctor-json.ts";
import type { DoctorCheck, DoctorReport } from "../view/doctor-report.ts";
import { doctorText } from "../view/doctor-text.ts";
import { doctorChecks } from "./doctor-checks.ts";

/** Says what tcptrace can trace on this machine. `trial` traces for real; it runs only where BPF looks possible. */
export async function doctor(
  options: { readonly json: boolean },
  signal: AbortSignal,
  trial?: (signal: AbortSignal) => Promise<TrialResult>,
): Promise<ExitCode> {
  const facts = await readTracingFacts(signal);
  const choice = chooseSource(facts);
  const result = choice.source === "bpf" && trial !== undefined ? await trial(signal) : null;
  const report = doctorReport(doctorChecks(facts), choice, result);
  process.stdout.write(options.json ? doctorJson(report) : doctorText(report));
  return EXIT.ok;
}

/** Joins checks, choice and trial. A trial that failed means that `auto` will fall back to /proc, whatever the checks say. */
export function doctorReport(checks: readonly DoctorCheck[], choice: Choice, trial: TrialResult | null): DoctorReport {
  const all = trial === null ? checks : [...checks, { id: "trace", needed: true, ...trial }];
  if (choice.source === "bpf" && trial?.ok !== false) {
    const { program, passedOver } = choice;
    return { ok: program === "full", source: "bpf", takes: `bpf, ${program} probes`, passedOver, checks: all };
  }
  const passedOver =
    choice.source === "bpf" && trial !== null
      ? [...choice.passedOver, { source: `bpf-${choice.program}`, reason: trial.detail, fix: trial.fix }]
      : choice.passedOver;
  return { ok: false, source: "proc", takes: "proc, polling /proc", passedOver, checks: all };
}
