/** Half of the age at which an answer counts as old (model/sockets/stuck.ts). */
const SLOW_INTERVAL_MS = 5000;

/** While tracing is behind, other readings are allowed only every five seconds. */
export class LoadShedding {
  #allowedMs = -Infinity;

  allows(isBehind: boolean, nowMs: number): boolean {
    if (isBehind && nowMs - this.#allowedMs < SLOW_INTERVAL_MS) return false;
    this.#allowedMs = nowMs;
    return true;
  }
}
