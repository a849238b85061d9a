import type { Nanos } from "../../model/net/nanos.ts";

const SHORTEST: Nanos = 10e9;
const PER_DESCRIPTOR: Nanos = 2e6;
const AT_ONCE = 5000;

/**
 * Which processes are to be read anew, though nothing seems to have changed: all in turn, every 10 s where that is done with
 * 5000 descriptors, else some of them, so that it comes to 500 descriptors a second.
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

  /** Those whose turn it is, until so many descriptors have been read; `read` gives how many a process has. */
  async take(pids: readonly number[], at: Nanos, read: (pid: number) => Promise<number>): Promise<void> {
    if (this.isThrough) this.#waiting = [...pids];
    let descriptors = 0;
    for (let pid = this.#waiting.pop(); pid !== undefined; pid = this.#waiting.pop()) {
      descriptors += await read(pid);
      if (descriptors >= AT_ONCE) break;
    }
    this.#dueAt = at + Math.max(SHORTEST, descriptors * PER_DESCRIPTOR);
  }

  /** All have been read at that moment. */
  reset(at: Nanos): void {
    this.#waiting = [];
    this.#dueAt = at + SHORTEST;
  }
}
