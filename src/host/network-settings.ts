import { readFileSync } from "node:fs";
import type { NetworkSettings } from "../model/counters.ts";

const FOLDER = "/proc/sys/net/ipv4";
const FILES = [
  "ip_local_port_range",
  "ip_local_reserved_ports",
  "tcp_fin_timeout",
  "tcp_max_tw_buckets",
  "tcp_timestamps",
  "tcp_tw_reuse",
  "tcp_tw_reuse_delay",
] as const;
/** How old a TIME_WAIT must be to be reused, before that could be set. */
const OLD_REUSE_DELAY_MS = 1000;

/** Where the settings of the reader's own namespace are (Documentation/networking/ip-sysctl.rst). */
export const SETTING_FILES: readonly string[] = FILES.map((name) => `${FOLDER}/${name}`);

/** Reads those of our own namespace; null when they are not there. */
export function readOwnSettings(): NetworkSettings | null {
  const lines = SETTING_FILES.map((file) => {
    try {
      return `${file}:${readFileSync(file, "latin1").trimEnd()}`;
    } catch {
      return "";
    }
  });
  return parseSettings(lines.join("\n"));
}

/** Lines of `grep '' SETTING_FILES…`, `path:text`. Null when something is missing that every kernel has. */
export function parseSettings(text: string): NetworkSettings | null {
  const lines = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    lines.set(line.slice(FOLDER.length + 1, colon), line.slice(colon + 1).trim());
  }
  const number = (name: (typeof FILES)[number]): number | null => {
    const value = lines.get(name);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : null;
  };
  const [, first, last] = /^(\d+)\s+(\d+)$/.exec(lines.get("ip_local_port_range") ?? "") ?? [];
  const timeWaitLimit = number("tcp_max_tw_buckets");
  if (first === undefined || last === undefined || timeWaitLimit === null) return null;
  const range = { firstPort: Number(first), lastPort: Number(last) };
  return {
    timeWaitLimit,
    ...range,
    reservedPorts: countReserved(lines.get("ip_local_reserved_ports") ?? "", range),
    timeWaitReuse: number("tcp_tw_reuse") ?? 0,
    reuseDelayMs: number("tcp_tw_reuse_delay") ?? OLD_REUSE_DELAY_MS,
    timestamps: number("tcp_timestamps") !== 0,
    finTimeoutMs: (number("tcp_fin_timeout") ?? 60) * 1000,
  };
}

/** How many ports of the range a list such as `8080,30000-30999` names; the kernel keeps it sorted and without overlaps. */
function countReserved(list: string, { firstPort, lastPort }: { firstPort: number; lastPort: number }): number {
  let count = 0;
  for (const [, from = "", to = from] of list.matchAll(/(\d+)(?:-(\d+))?/g)) {
    const first = Math.max(Number(from), firstPort);
    count += Math.max(0, Math.min(Number(to), lastPort) - first + 1);
  }
  return count;
}
