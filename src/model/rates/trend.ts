import type { Nanos } from "../net/nanos.ts";

const MAX_SAMPLES = 64;
const LEAST_SAMPLES = 3;
/** In fewer a stray value would count. */
const LEAST_RECENT = 5;
const LEAST_SPAN: Nanos = 2e9;

interface Sample {
  readonly at: Nanos;
  readonly value: number;
}

/** How a number has changed over the run, from samples of it; the longer the run, the fewer of them a second are kept. */
export class Trend {
  #samples: Sample[] = [];
  #latest: Sample | null = null;
  #spacing: Nanos = 0;
  /** Until the next sample; undefined when it is to be worked out. */
  #slope: number | null | undefined;

  /** `at` never goes back. */
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
   * Change per second, over the run or over its later half, whichever is less: what rose once and stood still since does not
   * grow. Null while there are fewer than three samples or less than two seconds between them.
   */
  perSecond(): number | null {
    if (this.#slope === undefined) this.#slope = this.#workOut();
    return this.#slope;
  }

  #workOut(): number | null {
    const samples = this.#all();
    const whole = slopeOf(samples);
    const later = samples.slice(Math.floor(samples.length / 2));
    const recent = later.length < LEAST_RECENT ? null : slopeOf(later);
    if (whole === null || recent === null) return whole;
    return Math.abs(recent) < Math.abs(whole) ? recent : whole;
  }

  #all(): readonly Sample[] {
    const { at } = this.#samples.at(-1) ?? { at: 0 };
    return this.#latest === null || this.#latest.at === at ? this.#samples : [...this.#samples, this.#latest];
  }

  /** Milliseconds after `now` until the number reaches `limit`, if it goes on like this; null when it does not rise. */
  msUntil(limit: number, now: Nanos): number | null {
    const last = this.#latest;
    if (last === null) return null;
    if (last.value >= limit) return 0;
    const slope = this.perSecond();
    if (slope === null || slope <= 0) return null;
    return Math.max(0, ((limit - last.value) / slope) * 1000 - (now - last.at) / 1e6);
  }
}

/** Per second: the median of the slopes between any two samples (Theil and Sen), which stray values do not move. */
function slopeOf(samples: readonly Sample[]): number | null {
  const span = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
  if (samples.length < LEAST_SAMPLES || span < LEAST_SPAN) return null;
  // Most numbers stand still.
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
