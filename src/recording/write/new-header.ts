import { arch, hostname, release } from "node:os";
import { safeText } from "../../base/text.ts";
import { readSysctls } from "../../host/kernel/sysctls.ts";
import { readOptional } from "../../host/machine/optional-file.ts";
import { readUserNames } from "../../host/machine/user-names.ts";
import type { SourceName } from "../../model/events/event.ts";
import { FORMAT, type Header, VERSION } from "../format/header.ts";

const MOST_USERS = 1000;

/** The header of a file that is begun now on this machine. */
export function newHeader(tcptrace: string, source: SourceName, file: number): Header {
  const users = [...readUserNames()].slice(0, MOST_USERS).map(([uid, name]) => [String(uid), name]);
  return {
    format: FORMAT,
    version: VERSION,
    tcptrace,
    host: safeText(hostname()),
    kernel: safeText(release()),
    arch: arch(),
    bootId: readLine("/proc/sys/kernel/random/boot_id"),
    bootNanos: Math.round(Number(readLine("/proc/uptime")?.split(" ")[0] ?? 0) * 1e9),
    wallMs: Date.now(),
    file,
    source,
    sysctls: readSysctls(),
    users: Object.fromEntries(users),
  };
}

function readLine(path: string): string | null {
  return readOptional(path)?.trim() ?? null;
}
