import { setTimeout as sleep } from "node:timers/promises";

/** Far longer than any step takes, so that a slow machine does not fail. */
export const STEP_MS = 240_000;

/** Rejects after a timeout. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  const late = sleep(ms, null, { ref: false }).then(() => {
    throw new Error(`${what} took more than ${ms / 1000} s`);
  });
  return Promise.race([promise, late]);
}

/** Waits for a condition; throws after a timeout. */
export async function until(what: string, ms: number, condition: () => boolean): Promise<void> {
  for (const begin = performance.now(); !condition(); await sleep(50)) {
    if (performance.now() - begin > ms) throw new Error(`${what}: not within ${ms / 1000} s`);
  }
}
