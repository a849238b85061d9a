import { closeSync, openSync, readFileSync, readSync, readdirSync } from "node:fs";
import { debug } from "../../base/debug.ts";
import { hasVanished } from "../../host/machine/errno.ts";

/** BPF_PROG_TYPE_KPROBE, _TRACEPOINT and _TRACING, which is fentry (include/uapi/linux/bpf.h). */
const TRACES = /^prog_type:\t(2|5|26)$/m;
const MISSES = "\nrecursion_misses:\t";
const LONGEST_INFO = 4096;

/**
 * Transitions that the kernel did not show to the tracer at all: it runs no BPF program inside another one, and a
 * softirq may interrupt the program that a system call runs. It counts them for each program (trace_call_bpf() in
 * kernel/trace/bpf_trace.c, shown in /proc/PID/fdinfo; kernels before 6.2 or so show none).
 */
export class SkipCount {
  readonly #pid: number;
  /** The open fdinfo of each program: it is read twenty times a second, and opening it costs the most. */
  #files: number[] = [];
  readonly #bytes = Buffer.alloc(LONGEST_INFO);
  #known = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** How many have been skipped since the last call. */
  take(): number {
    // The programs exist once the tracer is attached.
    if (this.#files.length === 0) this.#files = this.#programFiles();
    let count = 0;
    for (const file of this.#files) count += this.#misses(file);
    const more = Math.max(0, count - this.#known);
    this.#known += more;
    return more;
  }

  /** Call it once the programs have ended. */
  close(): void {
    for (const file of this.#files) closeSync(file);
    this.#files = [];
  }

  #misses(file: number): number {
    const text = this.#bytes.toString("latin1", 0, readAgain(file, this.#bytes));
    const at = text.indexOf(MISSES);
    return at < 0 ? 0 : Number.parseInt(text.slice(at + MISSES.length), 10);
  }

  #programFiles(): number[] {
    const folder = `/proc/${this.#pid}/fdinfo`;
    try {
      return readdirSync(folder)
        .map((fd) => `${folder}/${fd}`)
        .filter((file) => TRACES.test(read(file)))
        .map((file) => openSync(file, "r"));
    } catch (error) {
      if (!hasVanished(error)) debug("skipped events cannot be counted", error);
      return [];
    }
  }
}

/** Reads the file's current text; returns 0 bytes if its program has gone. */
function readAgain(file: number, into: Buffer): number {
  try {
    return readSync(file, into, 0, into.length, 0);
  } catch (error) {
    if (!hasVanished(error)) debug("skipped events cannot be counted", error);
    return 0;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (!hasVanished(error)) debug(`cannot read ${file}`, error);
    return "";
  }
}
