import type { Nanos } from "../../model/net/nanos.ts";

/** Tells how far a recording should have run: its own time, `speed` times as fast as ours. Our time is given, not read. */
export class PlaybackClock {
  #position: Nanos;
  #since: number;
  #speed: number;

  /** At `position` of the recording when our clock is at `nowMs`. */
  constructor(position: Nanos, nowMs: number, speed: number) {
    this.#position = position;
    this.#since = nowMs;
    this.#speed = speed;
  }

  at(nowMs: number): Nanos {
    return this.#position + (nowMs - this.#since) * this.#speed * 1e6;
  }

  /** How long to wait, in milliseconds, until the recording should have come to `position`. */
  msUntil(position: Nanos, nowMs: number): number {
    return (position - this.at(nowMs)) / (this.#speed * 1e6);
  }
}
