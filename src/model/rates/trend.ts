import type { Nanos } from "../net/nanos.ts";

const MAX_SAMPLES = 64;
const MIN_SAMPLES = 3;
/** With fewer, one outlier would dominate. */
const MIN_RECENT = 5;
const MIN_SPAN: Nanos = 2e9;

interface Sample {
  readonly at: Nanos;
  readonly value: number;
}

/** How a number changes over a run, from at most 64 samples: the longer the run, the further apart they are. */
export class Trend {
  #samples: Sample[] = [];
  #latest: Sample | null = null;
  #spacing: Nanos = 0;
  /** Cached until the next sample; undefined if not computed yet. */
  #slope: number | null | undefined;

  /** `at` must not decrease. */
  add(at: Nanos, value: number): void {
    this.#latest = { at, value };
    this.#slope = undefined;
    const last = this.#samples.at(-1);
    if (last !== undefined && at - last.at < this.#spacing) return;
    this.#samples.push(this.#latest);
    if (this.#samples.length < MAX_SAMPLES) return;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    const first = this.#samples[0]?.at ?? at;
    this.#spacing = (at - first) / (MAX_SAMPLES - 1);
  }

  /**
   * Change per second, over the run or over its later half, whichever is less: a number that rose once and then stayed
   * constant is not growing. Null with fewer than three samples or less than two seconds between first and last.
   */
  perSecond(): number | null {
    if (this.#slope === undefined) this.#slope = this.#computeSlope();
    return this.#slope;
  }

  #computeSlope(): number | null {
    const samples = this.#all();
    const whole = slopeOf(samples);
    const later = samples.slice(Math.floor(samples.length / 2));
    const recent = later.length < MIN_RECENT ? null : slopeOf(later);
    if (whole === null || recent === null) return whole;
    return Math.abs(recent) < Math.abs(whole) ? recent : whole;
  }

  #all(): readonly Sample[] {
    const { at } = this.#samples.at(-1) ?? { at: 0 };
    return this.#latest === null || this.#latest.at === at ? this.#samples : [...this.#samples, this.#latest];
  }

  /** Milliseconds from `now` until the number reaches `limit` at the current slope; null if it does not rise. */
  msUntil(limit: number, now: Nanos): number | null {
    const last = this.#latest;
    if (last === null) return null;
    if (last.value >= limit) return 0;
    const slope = this.perSecond();
    if (slope === null || slope <= 0) return null;
    return Math.max(0, ((limit - last.value) / slope) * 1000 - (now - last.at) / 1e6);
  }
}

/** Per second: the median of the slopes between any two samples (Theil-Sen), which outliers do not affect. */
function slopeOf(samples: readonly Sample[]): number | null {
  const span = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
  if (samples.length < MIN_SAMPLES || span < MIN_SPAN) return null;
  // Fast path: most numbers do not change.
  if (samples.every(({ value }) => value === samples[0]?.value)) return 0;
  const slopes: number[] = [];
  for (const [index, first] of samples.entries()) {
    for (const second of samples.slice(index + 1)) {
      if (second.at > first.at) slopes.push((second.value - first.value) / (second.at - first.at));
    }
  }
  return median(slopes) * 1e9;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}
