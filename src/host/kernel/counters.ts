import { readFileSync } from "node:fs";
import { release } from "node:os";
import { debug } from "../../base/debug.ts";
import { parseRelease } from "./kernel.ts";
import { hasVanished, isSystemError } from "../machine/errno.ts";
import { COUNTERS, type CounterName, type NamespaceCounters } from "../../model/net/counters.ts";

type Counters = Partial<Record<CounterName, number>>;

const WANTED: ReadonlyMap<string, CounterName> = new Map(COUNTERS.map((name) => [name, name]));

/** Mini-sockets of a namespace, from /proc/net/sockstat: `TCP: inuse 5 orphan 0 tw 12 …`; null if it is missing. */
export function parseTimeWaitCount(sockstat: string): number | null {
  const count = /^TCP: .*\btw (\d+)/m.exec(sockstat)?.[1];
  return count === undefined ? null : Number(count);
}

/**
 * Adds the counters of /proc/net/snmp or netstat to `counters`: for each group a line of names and one of numbers, both
 * with the group in front (net/ipv4/proc.c). Only Tcp and TcpExt are read.
 */
export function parseCounters(text: string, counters: Counters): Counters {
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    const [group, ...names] = line.split(" ");
    const [same, ...values] = lines[index + 1]?.split(" ") ?? [];
    if (group !== same || (group !== "Tcp:" && group !== "TcpExt:")) continue;
    for (const [column, name] of names.entries()) {
      const known = WANTED.get(name);
      const value = Number(values[column]);
      if (known !== undefined && Number.isFinite(value)) counters[known] = value;
    }
  }
  return counters;
}

/** When this kernel, or that of another release, counts a mini-socket (TW, TWKilled): since Linux 5.18 as it begins. */
export function timeWaitsCounted(kernel: string = release()): "begun" | "ended" {
  const { major, minor } = parseRelease(kernel);
  return major > 5 || (major === 5 && minor >= 18) ? "begun" : "ended";
}

/** What the kernel counts in the namespace of a process; null when it has gone, or may not be read. */
export function readCounters(pid: number | "self"): Pick<NamespaceCounters, "timeWait" | "counters"> | null {
  try {
    const read = (file: string): string => readFileSync(`/proc/${pid}/net/${file}`, "latin1");
    const timeWait = parseTimeWaitCount(read("sockstat"));
    if (timeWait === null) return null;
    return { timeWait, counters: parseCounters(read("netstat"), parseCounters(read("snmp"), {})) };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (!hasVanished(error)) debug(`cannot read the TCP counters of pid ${pid}`, error);
    return null;
  }
}
