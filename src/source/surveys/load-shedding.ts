/** Half of the age at which an answer counts as old (model/stuck.ts). */
const SELDOM_MS = 5000;

/** What is read beside the tracing gives way to it: while that is behind, only a reading every five seconds is allowed. */
export class LoadShedding {
  #allowedMs = -Infinity;

  allows(isBehind: boolean, nowMs: number): boolean {
    if (isBehind && nowMs - this.#allowedMs < SELDOM_MS) return false;
    this.#allowedMs = nowMs;
    return true;
  }
}
