import { diagnose } from "../../../diagnosis/diagnose.ts";
import type { Finding } from "../../../diagnosis/facts/finding.ts";
import type { Filter } from "../../../model/filter/filter.ts";
import type { Tables } from "../../../model/fold/tables.ts";

/** A little less than the usual interval, so that its every picture has findings of the same moment. */
const EVERY_MS = 900;

/**
 * What is wrong, worked out about once a second at most: of the events' clock, which a player may move fast; and where that goes slowly,
 * of ours.
 */
export class RecentDiagnosis {
  readonly #stuckAfterMs: number;
  readonly #worded: (finding: Finding) => Finding;
  #findings: readonly Finding[] = [];
  #filter: Filter | null = null;
  #now = -Infinity;
  #transitions = 0;
  #madeAt = -Infinity;

  /** `worded`: a finding as it is shown. */
  constructor(stuckAfterMs: number, worded: (finding: Finding) => Finding = (finding) => finding) {
    this.#stuckAfterMs = stuckAfterMs;
    this.#worded = worded;
  }

  /** The worst first. `here`: our own clock, milliseconds. */
  of(tables: Tables, filter: Filter, here = performance.now()): readonly Finding[] {
    if (!this.#isDue(tables, filter, here)) return this.#findings;
    this.#filter = filter;
    this.#now = tables.clock.now;
    this.#transitions = tables.counts.transitions;
    this.#madeAt = here;
    this.#findings = diagnose(tables, { stuckAfterMs: this.#stuckAfterMs, filter }).map(this.#worded);
    return this.#findings;
  }

  #isDue({ clock: { now }, counts: { transitions } }: Tables, filter: Filter, here: number): boolean {
    if (filter !== this.#filter) return true;
    if (now === this.#now && transitions === this.#transitions) return false;
    return Math.abs(now - this.#now) / 1e6 >= EVERY_MS || here - this.#madeAt >= EVERY_MS;
  }

  forget(): void {
    this.#filter = null;
  }
}
