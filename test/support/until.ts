import { setTimeout as sleep } from "node:timers/promises";

const STEP_MS = 20;
const DEADLINE_MS = 30_000;

/** Waits until `condition` returns a value; past the deadline, throws an error that names `what`. */
export async function until<T>(
  what: string | (() => string),
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${typeof what === "string" ? what : what()}`);
    await sleep(STEP_MS);
  }
}
