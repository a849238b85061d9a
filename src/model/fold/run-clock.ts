import type { ClockAnchor } from "../events/event.ts";
import type { Nanos } from "../net/nanos.ts";

/** The time of a run, by the clock of its events. */
export class RunClock {
  #now: Nanos = 0;
  #watermark: Nanos = 0;
  #anchor: ClockAnchor | null = null;

  /** The time of the latest event. */
  get now(): Nanos {
    return this.#now;
  }

  /** Everything that was traced up to this time has arrived; under load it lags behind `now`. */
  get watermark(): Nanos {
    return this.#watermark;
  }

  get anchor(): ClockAnchor | null {
    return this.#anchor;
  }

  /** How far the watermark lags behind `now`; 0 before there is one. */
  get lagMs(): number {
    return this.#watermark === 0 ? 0 : Math.max(0, this.#now - this.#watermark) / 1e6;
  }

  /** A moment in milliseconds since the Unix epoch; 0 before there is an anchor. */
  wallMs(at: Nanos): number {
    return this.#anchor === null ? 0 : this.#anchor.wallMs + (at - this.#anchor.at) / 1e6;
  }

  advanceTo(at: Nanos): void {
    if (at > this.#now) this.#now = at;
  }

  raiseWatermark(to: Nanos): void {
    if (to > this.#watermark) this.#watermark = to;
  }

  setAnchor(anchor: ClockAnchor): void {
    this.#anchor = anchor;
  }
}
