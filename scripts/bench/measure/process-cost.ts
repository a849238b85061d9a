// CPU time and memory of processes.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process and all its descendants. */
export function treeOf(pid: number): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "latin1" })
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number));
  const tree = [pid];
  for (const one of tree) {
    for (const [child, parent] of rows) if (parent === one && child !== undefined) tree.push(child);
  }
  return tree;
}

/** The processes whose name begins with this prefix. */
export function named(name: string, pids: readonly number[]): number[] {
  return pids.filter((pid) => text(`/proc/${pid}/comm`).startsWith(name));
}

/** Microseconds of CPU of these processes (/proc/PID/task/TID/schedstat), including children that have ended. */
export function cpuMicros(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    for (const tid of listed(`/proc/${pid}/task`)) {
      sum += Number(text(`/proc/${pid}/task/${tid}/schedstat`).split(" ")[0]) / 1000;
    }
    // cutime and cstime, in hundredths of a second (proc_pid_stat(5)).
    const fields = text(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    sum += (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * 10_000;
  }
  return sum;
}

/** The sum of their peak memory. */
export function peakMb(pids: readonly number[]): number {
  return megabytes("VmHWM", pids);
}

/** The sum of their current memory. */
export function residentMb(pids: readonly number[]): number {
  return megabytes("VmRSS", pids);
}

/** Microseconds of CPU that a function takes in this process. */
export function ownCpuMicros(part: () => void): number {
  const before = process.cpuUsage();
  part();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function megabytes(field: string, pids: readonly number[]): number {
  const line = new RegExp(`^${field}:\\s+(\\d+)`, "m");
  const kilobytes = pids.map((pid) => Number(line.exec(text(`/proc/${pid}/status`))?.[1] ?? 0));
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty if the process has ended. */
function text(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
