import type { Nanos } from "../net/nanos.ts";
import { HISTORY_SECONDS } from "./history.ts";

const SECOND = 1e9;

/** A value for each of the last whole seconds, at most five minutes, taken at the end of the second. */
export class Series {
  readonly #values = new Float64Array(HISTORY_SECONDS);
  #next = -1;
  #length = 0;

  /** Adds `valueOf` each second that has ended since the last call. */
  tick(at: Nanos, valueOf: (second: number) => number): void {
    const current = Math.floor(at / SECOND);
    // The first second is incomplete.
    if (this.#next < 0) this.#next = current + 1;
    for (let second = Math.max(this.#next, current - HISTORY_SECONDS); second < current; second++) {
      this.#values[second % HISTORY_SECONDS] = valueOf(second);
      this.#length = Math.min(HISTORY_SECONDS, this.#length + 1);
    }
    this.#next = Math.max(this.#next, current);
  }

  /** Oldest first. */
  values(): number[] {
    const first = this.#next - this.#length;
    return Array.from({ length: this.#length }, (_, index) => this.#values[(first + index) % HISTORY_SECONDS] ?? 0);
  }
}
