import { getPriority } from "node:os";

/** Above every pid (PID_MAX_LIMIT is 0x400000). */
const NOBODY = 0x74630000;

/**
 * Asks the tracer how many events a CPU has sent, and makes it write what it has buffered. The question is this system call,
 * which the tracer traces and which changes nothing (probes/wire.bt); the answer is a `Q` line.
 */
export function askTracer(cpu: number): void {
  const { stackTraceLimit } = Error;
  try {
    // Collecting a stack for an expected error costs more than the call.
    Error.stackTraceLimit = 0;
    getPriority(NOBODY | cpu);
  } catch {
    // ESRCH: there is no such process.
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
