const SELDOM_MS = 10_000;

/** What is read beside the tracing gives way to it: while that is behind, only a reading every ten seconds is allowed. */
export class GiveWay {
  #allowedMs = -Infinity;

  allows(isBehind: boolean, nowMs: number): boolean {
    if (isBehind && nowMs - this.#allowedMs < SELDOM_MS) return false;
    this.#allowedMs = nowMs;
    return true;
  }
}
