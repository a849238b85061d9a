import { availableParallelism } from "node:os";
import { readOptional } from "./optional-file.ts";

/** `0-3,5` of /sys/devices/system/cpu/online as numbers (Documentation/admin-guide/cputopology.rst). */
function parseCpuList(text: string): number[] {
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
  const online = readOptional("/sys/devices/system/cpu/online");
  return online === null ? Array.from({ length: availableParallelism() }, (_, cpu) => cpu) : parseCpuList(online);
}
