import { setTimeout as sleep } from "node:timers/promises";
import type { TraceEvent } from "../model/events/event.ts";
import { KernelClock } from "./bpftrace/kernel-clock.ts";
import type { Source } from "./source.ts";
import { AuxiliaryReaders } from "./surveys/auxiliary-readers.ts";
import { ProcPoll } from "./surveys/proc-poll.ts";
import { type Pace, Surveyor } from "./surveys/surveyor.ts";

/** `reason` says why BPF is not used: `bpftrace is not installed (apt-get install bpftrace)`. */
export interface ProcOptions {
  readonly reason: string;
  readonly pace: Pace;
}

const TICK_MS = 250;
const SOON_MS = 25;

/**
 * The source that needs nothing: polls /proc. Between two polls it sees only what the kernel counts. It polls less
 * often if many sockets make polls cost more than their share of a core. The run ends with a last, exact poll.
 */
export function procSource(options: ProcOptions): Source {
  return { name: "proc", events: (signal) => poll(options, signal) };
}

async function* poll(
  { reason, pace }: ProcOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly TraceEvent[], void, void> {
  if (signal.aborted) return;
  const clock = new KernelClock();
  const now = (): number => clock.now();
  const surveyor = new Surveyor(now, signal, pace);
  const auxiliary = new AuxiliaryReaders(now, signal);
  const polling = new ProcPoll({ now, surveyor, auxiliary, pace });
  polling.because(reason);
  yield [clock.anchor()];
  while (!signal.aborted) {
    yield polling.batch();
    const isReading = surveyor.begunAt !== null;
    await sleep(isReading ? SOON_MS : TICK_MS, undefined, { signal }).catch(() => {});
  }
  const last = await surveyor.last();
  if (last === null) return;
  auxiliary.note(last);
  const at = now();
  yield [last, ...(await auxiliary.last()), { kind: "tick", at, watermark: at }];
}
