import { getPriority } from "node:os";

/** Above every pid that the kernel gives (PID_MAX_LIMIT is 0x400000). */
const NOBODY = 0x74630000;

/**
 * Asks the tracer how much a CPU has sent by now, and to write out all that it holds: it traces this system call, which
 * changes nothing (probes/wire.bt). The answer is a `Q` line.
 */
export function askTracer(cpu: number): void {
  const { stackTraceLimit } = Error;
  try {
    // Drawing up a stack for an error that is expected costs more than the call.
    Error.stackTraceLimit = 0;
    getPriority(NOBODY | cpu);
  } catch {
    // ESRCH: there is no such process.
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
