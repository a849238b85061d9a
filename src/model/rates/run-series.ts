import type { Nanos } from "../net/nanos.ts";
import type { RunCounts } from "./run-counts.ts";
import { Series } from "./series.ts";

/** A run's transitions and sockets in CLOSE_WAIT, second by second, whatever is filtered. */
export class RunSeries {
  readonly #transitions = new Series();
  readonly #closeWait = new Series();

  /** Time goes by: the seconds that are over go into the series. */
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
