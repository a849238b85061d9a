import { PROGRAMS, type Program, type TracingFacts, findObstacle } from "../source/bpftrace/choose.ts";
import type { TrialResult } from "../source/trial.ts";
import type { DoctorCheck } from "../view/print/doctor-report.ts";

const MEANING: Record<Program, string> = {
  fentry: "kernel functions; TIME_WAIT is exact",
  full: "tracepoint; all fields",
  kprobe: "kernel functions; TIME_WAIT is exact",
  basic: "tracepoint; owners of accepted sockets come later, from /proc",
};

/** One check per probe program, best first: whether it is used, or why not. Without a trial, as far as is known. */
export function probeChecks(facts: TracingFacts, trial: TrialResult | null): DoctorCheck[] {
  return PROGRAMS.map((program) => probeCheck(program, facts, trial));
}

function probeCheck(program: Program, facts: TracingFacts, trial: TrialResult | null): DoctorCheck {
  const check = { id: `probes-${program}`, needed: false, fix: null };
  const obstacle = findObstacle(program, facts);
  if (obstacle !== null) return { ...check, ok: false, detail: obstacle.reason, fix: obstacle.fix };
  const failure = trial?.failures.get(program);
  if (failure !== undefined) return { ...check, ok: false, detail: `tried: ${failure}` };
  return { ...check, ok: true, detail: `${MEANING[program]} (${stateOf(program, trial)})` };
}

function stateOf(program: Program, trial: TrialResult | null): string {
  if (trial === null || trial.program === null) return "not tried";
  return trial.program === program ? "used" : `not tried, ${trial.program} is better`;
}
