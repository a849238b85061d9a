import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { until } from "#test/support/until.ts";

const STATS = "/proc/sys/kernel/bpf_stats_enabled";
/** BPF_PROG_TYPE_TRACEPOINT (include/uapi/linux/bpf.h). */
const TRACEPOINT = /^prog_type:\t5$/m;
const QUIET_LOOKS = 10;

/** Lets the kernel count how often each BPF program runs, until the test ends. */
export function countRuns(): void {
  const before = readFileSync(STATS, "utf8");
  writeFileSync(STATS, "1");
  onTestFinished(() => writeFileSync(STATS, before));
}

/**
 * How often the kernel ran (`ran`) and skipped (`skipped`) the busiest tracepoint program of a bpftrace, by its own
 * count. Waits until both stop changing.
 */
export async function kernelCount(bpftrace: number): Promise<{ readonly ran: number; readonly skipped: number }> {
  let last = read(bpftrace);
  let looks = 0;
  await until("the machine's sockets to come to rest", () => {
    const now = read(bpftrace);
    looks = now.ran === last.ran && now.skipped === last.skipped ? looks + 1 : 0;
    last = now;
    return looks >= QUIET_LOOKS;
  });
  return last;
}

function read(pid: number): { ran: number; skipped: number } {
  const folder = `/proc/${pid}/fdinfo`;
  const programs = readdirSync(folder)
    .map((fd) => readFileSync(`${folder}/${fd}`, "latin1"))
    .filter((text) => TRACEPOINT.test(text))
    .map((text) => ({ ran: field(text, "run_cnt"), skipped: field(text, "recursion_misses") }));
  const [busiest] = programs.toSorted((a, b) => b.ran - a.ran);
  if (busiest === undefined) throw new Error(`bpftrace ${pid} has no program on a tracepoint`);
  return busiest;
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\t(\\d+)$`, "m").exec(text)?.[1]);
}
