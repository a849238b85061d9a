import { UserError } from "../../base/errors.ts";
import { safeText } from "../../base/text.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { AuxiliaryReaders } from "./auxiliary-readers.ts";
import { type Pace, type Surveyor, cpuMsSince } from "./surveyor.ts";

const INTERVAL_MS = 1000;
const MOST_OF_A_CORE = 0.05;

/**
 * Without a tracer there is only /proc, so it is read more often and may cost more. `percent` of a core
 * is what the user allows (TCPTRACE_POLL_CPU). Throws UserError if that is not a valid percentage.
 */
export function paceWithoutTracer(percent: string = process.env["TCPTRACE_POLL_CPU"] ?? ""): Pace {
  if (percent === "") return { intervalMs: INTERVAL_MS, mostOfACore: MOST_OF_A_CORE };
  const share = /^\d+(\.\d+)?%?$/.test(percent) ? Number.parseFloat(percent) / 100 : NaN;
  if (share >= 0.001 && share <= 1) return { intervalMs: INTERVAL_MS, mostOfACore: share };
  const message = `TCPTRACE_POLL_CPU is ${JSON.stringify(safeText(percent))}, which is not a percentage of a core`;
  throw new UserError("bad-environment", message, "use a number from 0.1 to 100");
}

export interface ProcPollParts {
  readonly now: () => Nanos;
  readonly surveyor: Pick<Surveyor, "pace" | "restart" | "take" | "charge">;
  readonly auxiliary: Pick<AuxiliaryReaders, "note" | "take">;
  readonly pace: Pace;
}

/** Surveys /proc when tracing is unavailable. */
export class ProcPoll {
  readonly #parts: ProcPollParts;
  #reason = "";
  #isNews = true;
  #folding: NodeJS.CpuUsage | null = null;

  constructor(parts: ProcPollParts) {
    this.#parts = parts;
    parts.surveyor.pace = parts.pace;
    parts.surveyor.restart();
  }

  /** Why there is no tracer: shown on the screen. */
  because(reason: string): void {
    this.#isNews ||= reason !== this.#reason;
    this.#reason = reason;
  }

  /**
   * What has been read since the last call; starts the next reading if it is due. Call it again once the events are
   * folded.
   */
  batch(): TraceEvent[] {
    const { now, surveyor, auxiliary } = this.#parts;
    if (this.#folding !== null) surveyor.charge(cpuMsSince(this.#folding));
    this.#folding = null;
    const events = this.#news();
    const survey = surveyor.take();
    if (survey !== null) {
      auxiliary.note(survey);
      events.push(survey);
      this.#folding = process.cpuUsage();
    }
    const at = now();
    events.push(...auxiliary.take(), { kind: "tick", at, watermark: at });
    return events;
  }

  #news(): TraceEvent[] {
    if (!this.#isNews) return [];
    this.#isNews = false;
    const { now, pace } = this.#parts;
    const detail = describeProc(pace.intervalMs, this.#reason);
    return [{ kind: "source", at: now(), source: "proc", ready: true, detail }];
  }
}

/** `/proc at most every 1.5 s: not root`; expensive polls are less frequent. */
export function describeProc(intervalMs: number, reason: string): string {
  return `/proc at most every ${Number((intervalMs / 1000).toFixed(1))} s: ${reason}`;
}
