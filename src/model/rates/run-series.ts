import type { Nanos } from "../net/nanos.ts";
import type { RunCounts } from "./run-counts.ts";
import { Series } from "./series.ts";

/** Transitions and sockets in CLOSE_WAIT per second of a run, regardless of any filter. */
export class RunSeries {
  readonly #transitions = new Series();
  readonly #closeWait = new Series();

  /** Adds the seconds that have ended. */
  tick(at: Nanos, counts: RunCounts, closeWait: number): void {
    this.#transitions.tick(at, (second) => counts.countIn(second));
    this.#closeWait.tick(at, () => closeWait);
  }

  transitions(): number[] {
    return this.#transitions.values();
  }

  closeWait(): number[] {
    return this.#closeWait.values();
  }
}
