import { debug } from "../base/debug.ts";
import { UserError } from "../base/errors.ts";
import { listPids } from "../host/processes/processes.ts";
import type { TraceEvent } from "../model/events/event.ts";
import { bpfSource } from "./bpf.ts";
import { type Program, type TracingFacts, chooseSource, describePassedOver, errorCodeOf } from "./bpftrace/choose.ts";
import type { TracerOptions } from "./bpftrace/tracer-process.ts";
import { readTracingFacts } from "./bpftrace/tracing-facts.ts";
import { procSource } from "./proc.ts";
import type { Source } from "./source.ts";
import { paceWithoutTracer } from "./surveys/proc-poll.ts";
import type { Pace } from "./surveys/surveyor.ts";

const UNSET = "unset TCPTRACE_PROBES, or see `tcptrace doctor`";

export type SourceWish = "auto" | "bpf" | "proc";

/**
 * The best source that works here. `bpf` throws UserError (exit 4) rather than fall back; `auto` uses /proc when
 * bpftrace is unavailable, while it is down in the middle of a run, and for good if it keeps failing.
 */
export function liveSource(wish: SourceWish): Source {
  const pace = paceWithoutTracer();
  // /proc is needed for owners whatever is traced; this throws where it is missing.
  listPids();
  if (wish === "proc") return procSource({ reason: `requested by --source proc${asWhom()}`, pace });
  return { name: "bpf", events: (signal) => bpfElseProc(wish, pace, signal) };
}

async function* bpfElseProc(
  wish: "auto" | "bpf",
  pace: Pace,
  signal: AbortSignal,
): AsyncGenerator<readonly TraceEvent[], void, void> {
  const facts = await readTracingFacts(signal);
  const choice = chooseSource(facts);
  let failure = new UserError(errorCodeOf(choice), describePassedOver(choice), "see `tcptrace doctor`");
  let hasTraced = false;
  for (const program of choice.source === "bpf" ? choice.programs : []) {
    // If a tracer has run and then failed for good, another program will not work better.
    if (hasTraced) break;
    try {
      for await (const batch of bpfSource(tracerOptions(facts, program), wish === "auto" ? pace : null).events(
        signal,
      )) {
        hasTraced ||= batch.some((event) => event.kind === "source" && event.ready);
        yield batch;
      }
      return;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failure = asWanted(error, facts);
      debug(`no ${program} probes`, failure.message);
    }
  }
  if (wish === "bpf") throw failure;
  yield* procSource({ reason: failure.message, pace }).events(signal);
}

/** Adds to a failure that TCPTRACE_PROBES asked for this program: another one may work. */
export function asWanted(failure: UserError, { wanted }: TracingFacts): UserError {
  if (wanted === null) return failure;
  return new UserError(failure.code, `TCPTRACE_PROBES is ${wanted}: ${failure.message}`, UNSET);
}

/** What a user who is not root must know. */
function asWhom(): string {
  return process.geteuid?.() === 0 ? "" : "; not root: only your own processes can be read";
}

/** How to start bpftrace with this program here. Throws UserError when there is no bpftrace. */
export function tracerOptions(facts: TracingFacts, program: Program): TracerOptions {
  if (facts.bpftrace === null)
    throw new UserError("no-bpftrace", "bpftrace is not installed", facts.installBpftrace ?? "install it");
  return { bpftrace: facts.bpftrace, program, mountTracefs: facts.kernel.tracefs.mountedAt === null };
}
