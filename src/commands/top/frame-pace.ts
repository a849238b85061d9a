/** How far the model may be behind the kernel before pictures come more rarely. */
export const BEHIND_MS = 2000;
/** Of the time, drawing takes at most a quarter: what is left is for what is traced. */
const REST = 3;
const RARER = 4;

/**
 * How long after a picture the next one comes. Views give way before anything else does: to their own cost, and to a model
 * that is behind. `costMs` is what the last picture took, `lagMs` how old the last event is that the model has been told.
 */
export function frameDelayMs(intervalMs: number, costMs: number, lagMs: number): number {
  return Math.max(lagMs > BEHIND_MS ? intervalMs * RARER : intervalMs, costMs * REST);
}
