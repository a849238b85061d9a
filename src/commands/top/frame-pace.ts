/** Lag of the model behind the kernel above which the screen refreshes less often. */
export const BEHIND_MS = 2000;
/** Drawing takes at most a quarter of the time, so that tracing has the rest. */
const REST = 3;
const SLOWER_WHEN_BEHIND = 4;

/**
 * The time from one frame to the next. Under load, drawing slows down before anything else does: if frames are
 * expensive, or if the model is behind. `costMs` is the cost of the last frame, `lagMs` the age of the last event in
 * the model.
 */
export function frameDelayMs(intervalMs: number, costMs: number, lagMs: number): number {
  return Math.max(lagMs > BEHIND_MS ? intervalMs * SLOWER_WHEN_BEHIND : intervalMs, costMs * REST);
}
