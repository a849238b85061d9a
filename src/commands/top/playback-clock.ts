import type { Nanos } from "../../model/net/nanos.ts";

/** The position that playback should have reached, at `speed` times real time. The caller passes the current time. */
export class PlaybackClock {
  #position: Nanos;
  #since: number;
  #speed: number;

  /** Playback starts from `position` at `nowMs`. */
  constructor(position: Nanos, nowMs: number, speed: number) {
    this.#position = position;
    this.#since = nowMs;
    this.#speed = speed;
  }

  at(nowMs: number): Nanos {
    return this.#position + (nowMs - this.#since) * this.#speed * 1e6;
  }

  /** Milliseconds until playback should reach `position`; negative if it is overdue. */
  msUntil(position: Nanos, nowMs: number): number {
    return (position - this.at(nowMs)) / (this.#speed * 1e6);
  }
}
