import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Program, type Version, isAtLeast } from "./choose.ts";

/** The files of probes/ that make up each program, in order: the clock and the counts come first. */
const PARTS: Record<Program, readonly string[]> = {
  full: ["wire.bt", "ask.bt", "transitions-full.bt", "accepts.bt"],
  kprobe: ["wire.bt", "functions-kprobe.bt"],
  fentry: ["wire.bt", "functions-fentry.bt"],
  basic: ["wire.bt", "ask.bt", "transitions-basic.bt"],
};

/**
 * From 0.22 on bpftrace builds a line of more than 32 bytes in a buffer that all probes of a CPU share, and assumes
 * that none interrupts another. But Linux 7 lets softirqs interrupt the program of a system call
 * (trace_call_bpf_faultable() in kernel/trace/bpf_trace.c), and all kernels let them interrupt fentry's: a line then
 * contained part of another one, or bpftrace aborted. Lines of up to this size are built on the stack; only heartbeats
 * are longer, and nothing interrupts those.
 */
const SHARES_LINES: Version = { major: 0, minor: 22 };
const ON_THE_STACK = "config = { on_stack_limit = 192 }";
const INTERRUPTS_SYSCALLS: Version = { major: 7, minor: 0 };
/**
 * On those kernels accepts can't share an outbox with the programs of softirqs, and nothing may overtake what is held
 * back: so each event has its own line.
 */
const ALONE: ReadonlyMap<string, string> = new Map([
  ["accepts.bt", "accepts-alone.bt"],
  ["outbox.bt", "line.bt"],
]);
const NONE: ReadonlyMap<string, string> = new Map();

/**
 * The text of a whole program for this bpftrace and this kernel. A line `// include NAME` is replaced by that file,
 * which several probes share.
 */
export function programText(program: Program, bpftrace: Version, kernel: Version): string {
  const settings = isAtLeast(bpftrace, SHARES_LINES) ? [ON_THE_STACK] : [];
  const isAlone = program === "full" && isAtLeast(kernel, INTERRUPTS_SYSCALLS);
  return [...settings, ...PARTS[program].map((part) => textOf(part, isAlone ? ALONE : NONE))].join("\n");
}

/** `others`: files that replace some of them. */
function textOf(part: string, others: ReadonlyMap<string, string>): string {
  const path = import.meta.resolve(`#probes/${others.get(part) ?? part}`);
  const text = readFileSync(fileURLToPath(path), "utf8");
  return text.replaceAll(/^ *\/\/ include (\S+)$/gm, (_line, name: string) => textOf(name, others));
}
