import { safeText } from "../../base/text.ts";
import { readOptional } from "../machine/optional-file.ts";
import type { NetworkSettings } from "../../model/net/counters.ts";
import { NAMESPACE_SYSCTLS, type SysctlName, type Sysctls, sysctlNumber } from "../../model/net/sysctl.ts";

const FOLDER = "/proc/sys/";
/** How old a TIME_WAIT must be to be reused, on kernels where that can't be set. */
const OLD_REUSE_DELAY_MS = 1000;

/** The files with the settings of the reader's own namespace (Documentation/networking/ip-sysctl.rst). */
export const SETTING_FILES: readonly string[] = NAMESPACE_SYSCTLS.map(fileOf);
/** Only a list of reserved ports may be longer. */
const LONGEST = 4096;

/** Reads the settings of our own namespace; null if they are missing. */
export function readOwnSettings(): NetworkSettings | null {
  const lines = SETTING_FILES.map((file) => {
    const text = readOptional(file);
    return text === null ? "" : `${file}:${text.trimEnd()}`;
  });
  return parseSettings(lines.join("\n"));
}

/** Lines of `grep '' SETTING_FILES…`, `path:text`. Null if a setting is missing that every kernel has. */
export function parseSettings(text: string): NetworkSettings | null {
  const sysctls = sysctlsIn(text);
  const number = (name: SysctlName): number | null => sysctlNumber(sysctls, name);
  const [, first, last] = /^(\d+)\s+(\d+)$/.exec(sysctls["net.ipv4.ip_local_port_range"] ?? "") ?? [];
  const timeWaitLimit = number("net.ipv4.tcp_max_tw_buckets");
  if (first === undefined || last === undefined || timeWaitLimit === null) return null;
  const range = { firstPort: Number(first), lastPort: Number(last) };
  return {
    timeWaitLimit,
    ...range,
    reservedPorts: countReserved(sysctls["net.ipv4.ip_local_reserved_ports"] ?? "", range),
    timeWaitReuse: number("net.ipv4.tcp_tw_reuse") ?? 0,
    reuseDelayMs: number("net.ipv4.tcp_tw_reuse_delay") ?? OLD_REUSE_DELAY_MS,
    timestamps: number("net.ipv4.tcp_timestamps") !== 0,
    finTimeoutMs: (number("net.ipv4.tcp_fin_timeout") ?? 60) * 1000,
    sysctls,
  };
}

/** The file in /proc that shows a setting. */
export function fileOf(name: SysctlName): string {
  return FOLDER + name.replaceAll(".", "/");
}

/** As sysctl(8) prints a setting. */
export function settingText(text: string): string {
  return safeText(text.trim().replaceAll(/\s+/g, " ").slice(0, LONGEST));
}

function sysctlsIn(text: string): Sysctls {
  const names = new Map<string, SysctlName>(NAMESPACE_SYSCTLS.map((name) => [fileOf(name), name]));
  const sysctls: Partial<Record<SysctlName, string>> = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    const name = names.get(line.slice(0, colon));
    if (name !== undefined) sysctls[name] = settingText(line.slice(colon + 1));
  }
  return sysctls;
}

/**
 * How many ports of the range a list such as `8080,30000-30999` names; the kernel keeps it sorted and without overlaps.
 */
function countReserved(list: string, { firstPort, lastPort }: { firstPort: number; lastPort: number }): number {
  let count = 0;
  for (const [, from = "", to = from] of list.matchAll(/(\d+)(?:-(\d+))?/g)) {
    const first = Math.max(Number(from), firstPort);
    count += Math.max(0, Math.min(Number(to), lastPort) - first + 1);
  }
  return count;
}
