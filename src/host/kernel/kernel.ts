import { closeSync, existsSync, openSync, readSync, readlinkSync } from "node:fs";
import { release } from "node:os";
import { debug } from "../../base/debug.ts";
import { errorCode } from "../machine/errno.ts";
import { readOptional } from "../machine/optional-file.ts";

/** What the running kernel offers to tracers. Null means unknown. */
export interface KernelFacts {
  /** As `uname -r` prints it, such as `6.1.0-18-amd64`. */
  readonly release: string;
  readonly major: number;
  readonly minor: number;
  /** /sys/kernel/btf/vmlinux exists: programs can read the kernel's structs. */
  readonly btf: boolean;
  readonly tracefs: TracefsFacts;
  /** sock:inet_sock_set_state. */
  readonly stateTracepoint: boolean | null;
  /** syscalls:sys_exit_accept4. */
  readonly acceptTracepoint: boolean | null;
  readonly kprobes: boolean | null;
  /** Whether available_filter_functions, the functions that may be traced, can be read. */
  readonly traceableFunctions: boolean | null;
  readonly lockdown: Lockdown | null;
  /** Whether our pids are those that the kernel's tracer sees. */
  readonly initialPidNamespace: boolean | null;
}

/** Where tracefs is mounted, if at all, and whether the kernel supports it. */
interface TracefsFacts {
  readonly mountedAt: string | null;
  readonly supported: boolean;
}

/** man 7 kernel_lockdown. */
export type Lockdown = "none" | "integrity" | "confidentiality";

const TRACEFS_PLACES = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
// PROC_PID_INIT_INO of include/linux/proc_ns.h.
const INITIAL_PID_NAMESPACE = "pid:[4026531836]";
const PERF_SOURCES = "/sys/bus/event_source/devices";

/** The major and minor version in a release such as `5.15.0-91-generic`; 0.0 when it has none. */
export function parseRelease(text: string): { major: number; minor: number } {
  const [, major = "0", minor = "0"] = /^(\d{1,6})\.(\d{1,6})/.exec(text) ?? [];
  return { major: Number(major), minor: Number(minor) };
}

/**
 * The mode in brackets of /sys/kernel/security/lockdown, `none [integrity] confidentiality`; null when there is none.
 */
export function parseLockdown(text: string): Lockdown | null {
  const mode = /\[(none|integrity|confidentiality)\]/.exec(text)?.[1];
  return mode === "none" || mode === "integrity" || mode === "confidentiality" ? mode : null;
}

/** Whether /proc/filesystems names a file system (man 5 proc_filesystems). */
export function supportsFilesystem(filesystems: string, name: string): boolean {
  return filesystems.split("\n").some((line) => line.slice(line.indexOf("\t") + 1) === name);
}

/** Reads what the kernel offers; changes nothing. What can't be read counts as unknown. */
export function readKernel(): KernelFacts {
  const name = release();
  const mountedAt = TRACEFS_PLACES.find((place) => existsSync(`${place}/events`)) ?? null;
  return {
    release: name,
    ...parseRelease(name),
    btf: existsSync("/sys/kernel/btf/vmlinux"),
    tracefs: { mountedAt, supported: supportsFilesystem(readOptional("/proc/filesystems") ?? "", "tracefs") },
    stateTracepoint: hasTracepoint(mountedAt, "sock/inet_sock_set_state"),
    acceptTracepoint: hasTracepoint(mountedAt, "syscalls/sys_exit_accept4"),
    kprobes: hasKprobes(mountedAt),
    traceableFunctions: mountedAt === null ? null : canBegin(`${mountedAt}/available_filter_functions`),
    lockdown: parseLockdown(readOptional("/sys/kernel/security/lockdown") ?? ""),
    initialPidNamespace: isInitialPidNamespace(),
  };
}

function hasTracepoint(tracefs: string | null, name: string): boolean | null {
  return tracefs === null ? null : existsSync(`${tracefs}/events/${name}`);
}

/** Whether a file can be opened and is not empty; it may be long. */
function canBegin(path: string): boolean {
  try {
    const file = openSync(path, "r");
    try {
      return readSync(file, Buffer.alloc(1)) === 1;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") debug(`cannot read ${path}`, error);
    return false;
  }
}

/** Kprobes are a perf event source of their own since Linux 4.17, seen in sysfs without tracefs and without root. */
function hasKprobes(tracefs: string | null): boolean | null {
  if (existsSync(`${PERF_SOURCES}/kprobe`)) return true;
  if (tracefs !== null) return existsSync(`${tracefs}/kprobe_events`);
  return existsSync(`${PERF_SOURCES}/tracepoint`) ? false : null;
}

/** Whether /proc shows all processes of the machine, by the pids that the kernel's tracer sees; null when unknown. */
export function isInitialPidNamespace(): boolean | null {
  try {
    return readlinkSync("/proc/self/ns/pid") === INITIAL_PID_NAMESPACE;
  } catch (error) {
    debug("this process's pid namespace is unknown", error);
    return null;
  }
}
