import { setTimeout as sleep } from "node:timers/promises";
import { HolderFinder } from "../host/holders.ts";
import { takeSurvey } from "../host/survey.ts";
import type { Nanos, Survey, TraceEvent } from "../model/event.ts";
import { Asides } from "./asides.ts";
import type { Source } from "./source.ts";

/** `reason` says why not BPF: `bpftrace is not installed (apt-get install bpftrace)`. */
export interface ProcOptions {
  /** Milliseconds from the begin of one poll to the begin of the next; default 1000. */
  readonly intervalMs?: number;
  readonly reason: string;
}

const DEFAULT_INTERVAL_MS = 1000;
const TICK_MS = 250;
const MOST_OF_A_CORE = 0.05;
const LAST_SURVEY_MS = 5000;

/**
 * The source that needs nothing: polls /proc. What happens between two polls it does not see. On a machine with so many
 * sockets that a poll would cost more than 5 % of a core, it polls less often. A last, exact poll ends the run.
 * `at` is CLOCK_MONOTONIC.
 */
export function procSource({ intervalMs = DEFAULT_INTERVAL_MS, reason }: ProcOptions): Source {
  return { name: "proc", events: (signal) => poll(intervalMs, reason, signal) };
}

/** How long after the begin of a poll that cost `cpuMs` the next one begins. */
export function pollInterval(intervalMs: number, cpuMs: number): number {
  return Math.max(intervalMs, cpuMs / MOST_OF_A_CORE);
}

/** `/proc every 1.5 s: not root`. */
export function describeProc(intervalMs: number, reason: string): string {
  return `/proc every ${Number((intervalMs / 1000).toFixed(1))} s: ${reason}`;
}

async function* poll(
  intervalMs: number,
  reason: string,
  signal: AbortSignal,
): AsyncGenerator<readonly TraceEvent[], void, void> {
  let batch: TraceEvent[] = [
    { kind: "anchor", at: now(), wallMs: Date.now() },
    { kind: "source", at: now(), source: "proc", ready: true, detail: describeProc(intervalMs, reason) },
  ];
  const holders = new HolderFinder();
  const asides = new Asides(now, signal);
  if (signal.aborted) return;
  try {
    for (;;) {
      signal.throwIfAborted();
      const began = performance.now();
      const { survey, cpuMs } = await measureSurvey(holders, signal);
      asides.note(survey);
      yield [...batch, survey, tick()];
      batch = [];
      const next = began + pollInterval(intervalMs, cpuMs);
      for (let rest = next - performance.now(); rest > 0; rest = next - performance.now()) {
        await sleep(Math.min(rest, TICK_MS), undefined, { signal });
        yield [...asides.take(), tick()];
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const last = await measureSurvey(holders, AbortSignal.timeout(LAST_SURVEY_MS), true).catch(() => null);
  if (last === null) return;
  asides.note(last.survey);
  yield [last.survey, ...(await asides.last()), tick()];
}

async function measureSurvey(
  holders: HolderFinder,
  signal: AbortSignal,
  exact = false,
): Promise<{ survey: Survey; cpuMs: number }> {
  const before = process.cpuUsage();
  const survey = await takeSurvey(now, { signal, holders, exact });
  const { user, system } = process.cpuUsage(before);
  return { survey, cpuMs: (user + system) / 1000 };
}

function tick(): TraceEvent {
  const at = now();
  return { kind: "tick", at, complete: at };
}

function now(): Nanos {
  return Number(process.hrtime.bigint());
}
