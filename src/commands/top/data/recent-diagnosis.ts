import { diagnose } from "../../../diagnosis/diagnose.ts";
import type { Finding } from "../../../diagnosis/facts/finding.ts";
import type { Filter } from "../../../model/filter/filter.ts";
import type { Tables } from "../../../model/fold/tables.ts";

/** A little less than the default interval, so that every frame has fresh findings. */
const EVERY_MS = 900;

/**
 * Findings, recomputed about once a second: a second of the clock of the events, which playback may speed up, or of
 * our own clock, whichever passes first.
 */
export class RecentDiagnosis {
  readonly #stuckAfterMs: number;
  readonly #reword: (finding: Finding) => Finding;
  #findings: readonly Finding[] = [];
  #filter: Filter | null = null;
  #now = -Infinity;
  #transitions = 0;
  #computedAt = -Infinity;

  /** `reword` adapts each finding for display. */
  constructor(stuckAfterMs: number, reword: (finding: Finding) => Finding = (finding) => finding) {
    this.#stuckAfterMs = stuckAfterMs;
    this.#reword = reword;
  }

  /** Worst first. `nowMs` is our own clock. */
  of(tables: Tables, filter: Filter, nowMs = performance.now()): readonly Finding[] {
    if (!this.#isDue(tables, filter, nowMs)) return this.#findings;
    this.#filter = filter;
    this.#now = tables.clock.now;
    this.#transitions = tables.counts.transitions;
    this.#computedAt = nowMs;
    this.#findings = diagnose(tables, { stuckAfterMs: this.#stuckAfterMs, filter }).map(this.#reword);
    return this.#findings;
  }

  #isDue({ clock: { now }, counts: { transitions } }: Tables, filter: Filter, nowMs: number): boolean {
    if (filter !== this.#filter) return true;
    if (now === this.#now && transitions === this.#transitions) return false;
    return Math.abs(now - this.#now) / 1e6 >= EVERY_MS || nowMs - this.#computedAt >= EVERY_MS;
  }

  forget(): void {
    this.#filter = null;
  }
}
