import type { Nanos } from "../net/nanos.ts";

const SECOND = 1e9;
export const HISTORY_SECONDS = 300;

/** Number of events in each of the last seconds. */
export class History {
  readonly #counts = new Float64Array(HISTORY_SECONDS);
  #second = -1;
  #first = -1;

  /** Counting begins: seconds without an event now count as 0. */
  begin(at: Nanos): void {
    if (this.#first < 0) this.#first = this.#second = Math.floor(at / SECOND);
  }

  add(at: Nanos): void {
    const second = Math.floor(at / SECOND);
    this.begin(at);
    this.#moveTo(second);
    if (second <= this.#second - HISTORY_SECONDS || second < this.#first) return;
    const slot = second % HISTORY_SECONDS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** The counts of whole seconds since `begin`, at most five minutes, oldest first, without the current second. */
  series(now: Nanos): number[] {
    const current = Math.floor(now / SECOND);
    const counts: number[] = [];
    if (this.#first < 0) return counts;
    for (let second = Math.max(this.#first, current - HISTORY_SECONDS + 1); second < current; second++) {
      counts.push(second > this.#second ? 0 : (this.#counts[second % HISTORY_SECONDS] ?? 0));
    }
    return counts;
  }

  #moveTo(second: number): void {
    for (let passed = Math.max(this.#second + 1, second - HISTORY_SECONDS + 1); passed <= second; passed++) {
      this.#counts[passed % HISTORY_SECONDS] = 0;
    }
    if (second > this.#second) this.#second = second;
  }
}
