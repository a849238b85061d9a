import { readFileSync } from "node:fs";
import type { ClockAnchor } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";

/** /proc/uptime has a resolution of 10 ms: a smaller difference is noise. */
const SAME_CLOCK: Nanos = 20e6;
/** No line takes this long to arrive. */
const LONGEST_DELAY: Nanos = 60e9;

/**
 * The tracer's clock, read here. bpftrace's nsecs is CLOCK_BOOTTIME (0.12 and later, kernel 5.8 and later) or else
 * CLOCK_MONOTONIC; they differ by the time that the machine was suspended, which is measured.
 */
export class KernelClock {
  /** What to add to CLOCK_MONOTONIC. */
  #offset: Nanos;

  constructor() {
    const suspended = uptime() - monotonic();
    this.#offset = Math.abs(suspended) < SAME_CLOCK ? 0 : suspended;
  }

  now(): Nanos {
    return monotonic() + this.#offset;
  }

  /** A line from the moment `at` has just arrived: it cannot be from the future, nor from long ago. */
  learn(at: Nanos): void {
    const offset = at - monotonic();
    if (offset > this.#offset || this.#offset - offset > LONGEST_DELAY) this.#offset = offset;
  }

  anchor(): ClockAnchor {
    return { kind: "anchor", at: this.now(), wallMs: performance.timeOrigin + performance.now() };
  }
}

function monotonic(): Nanos {
  return Number(process.hrtime.bigint());
}

/** CLOCK_BOOTTIME in hundredths of a second (proc_uptime(5)). */
function uptime(): Nanos {
  return Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1e9;
}
