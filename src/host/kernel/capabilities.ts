import { readFileSync } from "node:fs";

/** What this process may do (man 7 capabilities). */
export interface Privileges {
  readonly isRoot: boolean;
  /** CAP_SYS_ADMIN: load programs on any kernel, mount tracefs. */
  readonly sysAdmin: boolean;
  /** CAP_BPF: load programs, since Linux 5.8. */
  readonly bpf: boolean;
  /** CAP_PERFMON: attach them to tracepoints, since Linux 5.8. */
  readonly perfmon: boolean;
}

// include/uapi/linux/capability.h
const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;

/** The effective capabilities in /proc/self/status as a bit set; none if the line is missing. */
export function parseEffectiveCapabilities(status: string): bigint {
  const hex = /^CapEff:\t([0-9a-f]{1,16})$/m.exec(status)?.[1];
  return hex === undefined ? 0n : BigInt(`0x${hex}`);
}

/** The privileges that a set of capabilities gives. */
export function privilegesOf(capabilities: bigint, effectiveUid: number): Privileges {
  const has = (bit: bigint): boolean => ((capabilities >> bit) & 1n) === 1n;
  return { isRoot: effectiveUid === 0, sysAdmin: has(CAP_SYS_ADMIN), bpf: has(CAP_BPF), perfmon: has(CAP_PERFMON) };
}

/** The privileges of this process. */
export function readPrivileges(): Privileges {
  const status = readFileSync("/proc/self/status", "latin1");
  return privilegesOf(parseEffectiveCapabilities(status), process.geteuid?.() ?? -1);
}
