import { readOptional } from "../machine/optional-file.ts";
import { fileOf, settingText } from "./network-settings.ts";
import type { HostFigures } from "../../model/net/counters.ts";
import { HOST_SYSCTLS, type SysctlName } from "../../model/net/sysctl.ts";

/** The open files of /proc/sys/fs/file-nr, `607 0 2466170`: allocated, unused, maximum (proc_sys_fs(5)). */
export function parseOpenFiles(text: string): number | null {
  const [, allocated, unused] = /^(\d+)\s+(\d+)\s/.exec(text) ?? [];
  return allocated === undefined ? null : Number(allocated) - Number(unused);
}

/** Orphans of all namespaces, from /proc/net/sockstat: `TCP: inuse 5 orphan 0 tw 12 …` (net/ipv4/proc.c). */
export function parseOrphans(text: string): number | null {
  const count = /^TCP: .*\borphan (\d+)/m.exec(text)?.[1];
  return count === undefined ? null : Number(count);
}

/**
 * The second column of /proc/net/softnet_stat, a line of hex numbers for each CPU (net/core/net-procfs.c), summed up.
 */
export function parseBacklogDrops(text: string): number | null {
  let drops: number | null = null;
  for (const line of text.split("\n")) {
    const dropped = /^[0-9a-f]+ ([0-9a-f]+) /.exec(line)?.[1];
    if (dropped !== undefined) drops = (drops ?? 0) + Number.parseInt(dropped, 16);
  }
  return drops;
}

/** The kernel's counts and settings that all namespaces share. */
export function readHostFigures(): HostFigures {
  const sysctls: Partial<Record<SysctlName, string>> = {};
  for (const name of HOST_SYSCTLS) {
    const text = read(fileOf(name));
    if (text !== "") sysctls[name] = settingText(text);
  }
  return {
    openFiles: parseOpenFiles(read("/proc/sys/fs/file-nr")),
    orphans: parseOrphans(read("/proc/net/sockstat")),
    backlogDrops: parseBacklogDrops(read("/proc/net/softnet_stat")),
    sysctls,
  };
}

/** Empty when it cannot be read. */
function read(file: string): string {
  return readOptional(file) ?? "";
}
