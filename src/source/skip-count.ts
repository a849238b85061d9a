import { readdirSync, readFileSync } from "node:fs";

/** BPF_PROG_TYPE_KPROBE, _TRACEPOINT and _TRACING, which is fentry (include/uapi/linux/bpf.h). */
const TRACES = /^prog_type:\t(2|5|26)$/m;
const MISSES = /^recursion_misses:\t(\d+)$/m;

/**
 * Transitions that the kernel did not show to the tracer at all: it runs no BPF program inside another one, and a softirq
 * may interrupt the program that a system call runs. It counts them for each program (trace_call_bpf() in
 * kernel/trace/bpf_trace.c, shown in /proc/PID/fdinfo; kernels before 6.2 or so show none).
 */
export class SkipCount {
  readonly #pid: number;
  #files: string[] = [];
  #known = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** How many more since the last call. */
  take(): number {
    // The programs are there from when the tracer is attached.
    if (this.#files.length === 0) this.#files = this.#programFiles();
    let count = 0;
    for (const file of this.#files) count += Number(MISSES.exec(read(file))?.[1] ?? 0);
    const more = Math.max(0, count - this.#known);
    this.#known += more;
    return more;
  }

  #programFiles(): string[] {
    const folder = `/proc/${this.#pid}/fdinfo`;
    try {
      return readdirSync(folder)
        .map((fd) => `${folder}/${fd}`)
        .filter((file) => TRACES.test(read(file)));
    } catch {
      return [];
    }
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
