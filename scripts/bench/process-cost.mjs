// What processes have cost so far: CPU to the microsecond, and the most memory they have had.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The pid and all its descendants. */
export function treeOf(pid) {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "latin1" })
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number));
  const tree = [pid];
  for (const one of tree) for (const [child, parent] of rows) if (parent === one) tree.push(child);
  return tree;
}

/** Microseconds of CPU of all threads of these processes (/proc/PID/task/TID/schedstat), and of their children that have ended. */
export function cpuMicros(pids) {
  let sum = 0;
  for (const pid of pids) {
    for (const tid of listed(`/proc/${pid}/task`)) {
      sum += Number(text(`/proc/${pid}/task/${tid}/schedstat`).split(" ")[0]) / 1000;
    }
    // cutime and cstime, in hundredths of a second (proc_pid_stat(5)).
    const fields = text(`/proc/${pid}/stat`).split(") ").at(-1).split(" ");
    sum += (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * 10_000;
  }
  return sum;
}

/** VmHWM of all of them, in MB. */
export function peakMb(pids) {
  const kilobytes = pids.map((pid) => Number(/VmHWM:\s+(\d+)/.exec(text(`/proc/${pid}/status`))?.[1] ?? 0));
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

function listed(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** "" of what has gone. */
function text(file) {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
