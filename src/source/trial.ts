import { UserError } from "../base/errors.ts";
import { asWanted, tracerOptions } from "./auto.ts";
import { bpfSource } from "./bpf.ts";
import { type Program, type TracingFacts, chooseSource } from "./bpftrace/choose.ts";

/** What a real attempt to trace showed. */
export interface TrialResult {
  readonly ok: boolean;
  readonly detail: string;
  readonly fix: string | null;
  /** The program that attached; null for none. */
  readonly program: Program | null;
  /** Why better programs could not be attached. */
  readonly failures: ReadonlyMap<Program, string>;
}

/**
 * Attaches one program after another, best first, until one traces a connection of tcptrace's own; then detaches.
 */
export async function tryTracing(facts: TracingFacts, signal: AbortSignal): Promise<TrialResult> {
  const choice = chooseSource(facts);
  const failures = new Map<Program, string>();
  let detail = "bpftrace ended before it attached";
  for (const program of choice.source === "bpf" ? choice.programs : []) {
    try {
      const seen = await tryProgram(facts, program, signal);
      if (seen !== null) return { ok: true, detail: seen, fix: null, program, failures };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      detail = asWanted(error, facts).message;
    }
    failures.set(program, detail);
    if (signal.aborted) break;
  }
  return { ok: false, detail, fix: facts.wanted === null ? null : "unset TCPTRACE_PROBES", program: null, failures };
}

/** What attached and how long that took; null if it ended before it attached. Throws UserError when it fails. */
async function tryProgram(facts: TracingFacts, program: Program, signal: AbortSignal): Promise<string | null> {
  const end = new AbortController();
  const began = performance.now();
  let detail: string | null = null;
  for await (const batch of bpfSource(tracerOptions(facts, program), null).events(
    AbortSignal.any([signal, end.signal]),
  )) {
    for (const event of batch) {
      if (event.kind !== "source" || !event.ready) continue;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      detail ??= `${event.detail}: attached in ${seconds} s and traced a test connection`;
      end.abort();
    }
  }
  return detail;
}
