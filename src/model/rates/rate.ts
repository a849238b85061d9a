import type { Nanos } from "../net/nanos.ts";

const SECOND = 1e9;
const BUCKETS = 6;

/** Events per second over the last five whole seconds, or over the run if that is shorter. */
export class RateMeter {
  readonly #counts = new Float64Array(BUCKETS);
  #second = -1;
  #firstSecond = -1;

  add(at: Nanos, count = 1): void {
    const second = Math.floor(at / SECOND);
    if (second !== this.#second) this.#roll(second);
    // Older than the window: its bucket already counts another second.
    if (second <= this.#second - BUCKETS || second < this.#firstSecond) return;
    const bucket = second % BUCKETS;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
  }

  perSecond(now: Nanos): number {
    const current = Math.floor(now / SECOND);
    if (this.#second < 0) return 0;
    let sum = 0;
    let seconds = 0;
    for (let second = Math.max(current - BUCKETS + 1, this.#firstSecond); second < current; second++) {
      seconds++;
      if (second <= this.#second && second > this.#second - BUCKETS) sum += this.#counts[second % BUCKETS] ?? 0;
    }
    if (seconds > 0) return sum / seconds;
    return (this.#counts[current % BUCKETS] ?? 0) / Math.max(0.25, (now - current * SECOND) / SECOND);
  }

  /** Number of events in one of the last five whole seconds; 0 for any other second. */
  countIn(second: number): number {
    const isKept = second <= this.#second && second > this.#second - BUCKETS && second >= this.#firstSecond;
    return isKept ? (this.#counts[second % BUCKETS] ?? 0) : 0;
  }

  #roll(second: number): void {
    if (second < this.#second) return;
    if (this.#firstSecond < 0) this.#firstSecond = second;
    const from = Math.max(this.#second + 1, second - BUCKETS + 1);
    for (let passed = from; passed <= second; passed++) this.#counts[passed % BUCKETS] = 0;
    this.#second = second;
  }
}
