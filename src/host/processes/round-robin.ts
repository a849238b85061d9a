import type { Nanos } from "../../model/net/nanos.ts";

const SHORTEST: Nanos = 10e9;
const PER_DESCRIPTOR: Nanos = 2e6;
const AT_ONCE = 5000;

/**
 * Chooses processes to read again although nothing seems to have changed: all of them every 10 s if they have at most
 * 5000 descriptors, otherwise some in turn, at 500 descriptors a second.
 */
export class RoundRobin {
  #waiting: number[] = [];
  #dueAt: Nanos = -Infinity;

  isDue(at: Nanos): boolean {
    return at >= this.#dueAt;
  }

  /** Whether all processes have had their turn. */
  get isThrough(): boolean {
    return this.#waiting.length === 0;
  }

  /** Reads those whose turn it is, up to 5000 descriptors; `read` returns how many a process has. */
  async take(pids: readonly number[], at: Nanos, read: (pid: number) => Promise<number>): Promise<void> {
    if (this.isThrough) this.#waiting = [...pids];
    let descriptors = 0;
    for (let pid = this.#waiting.pop(); pid !== undefined; pid = this.#waiting.pop()) {
      descriptors += await read(pid);
      if (descriptors >= AT_ONCE) break;
    }
    this.#dueAt = at + Math.max(SHORTEST, descriptors * PER_DESCRIPTOR);
  }

  /** All processes were read at that time. */
  reset(at: Nanos): void {
    this.#waiting = [];
    this.#dueAt = at + SHORTEST;
  }
}
