import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** `0-3,5` of /sys/devices/system/cpu/online as numbers (Documentation/admin-guide/cputopology.rst). */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first = NaN, last = first] = range.split("-").map(Number);
      return Number.isInteger(first) && last < 65_536
        ? Array.from({ length: last - first + 1 }, (_, index) => first + index)
        : [];
    });
}

/** The kernel's numbers of the CPUs that are online. */
export function onlineCpus(): number[] {
  try {
    return parseCpuList(readFileSync("/sys/devices/system/cpu/online", "latin1"));
  } catch {
    return Array.from({ length: availableParallelism() }, (_, cpu) => cpu);
  }
}
