import type { ErrorCode } from "../../base/errors.ts";
import type { Privileges } from "../../host/kernel/capabilities.ts";
import type { KernelFacts } from "../../host/kernel/kernel.ts";
import type { BpftraceVersion } from "./bpftrace-version.ts";

/** All that the choice of a source depends on. */
export interface TracingFacts {
  readonly kernel: KernelFacts;
  readonly privileges: Privileges;
  /** The command that runs as root what runs now. */
  readonly againAsRoot: string;
  readonly bpftrace: BpftraceVersion | null;
  /** The path of a bpftrace that does not print its version; null when there is none. */
  readonly muteBpftrace: string | null;
  /** The program that TCPTRACE_PROBES asks for; null for the best. */
  readonly wanted: Program | null;
  /** The command that installs bpftrace here; null when not known. */
  readonly installBpftrace: string | null;
  /** Whether unshare(1) is installed: with it tcptrace mounts tracefs for bpftrace alone. */
  readonly hasUnshare: boolean;
  /**
   * Whether iproute2's ss is installed: it shows the age of older sockets, and which are half-closed and not leaked.
   */
  readonly hasSs: boolean;
  /** The command that installs iproute2 here; null when not known. */
  readonly installSs: string | null;
}

/**
 * Each traces all transitions. `fentry` and `kprobe` attach to the kernel's functions, and know TIME_WAIT exactly;
 * `full` attaches to the kernel's tracepoint; all three read the kernel's structs through BTF. `basic` has only the
 * tracepoint's arguments.
 */
export type Program = (typeof PROGRAMS)[number];

/**
 * Best first. The tracepoint exists however the kernel was compiled, and its program is not preempted. Nor is a
 * kprobe's, which costs more. fentry's is, and meanwhile the kernel skips it for all other tasks on that CPU, so that
 * their events are lost (__bpf_prog_enter_recur() in kernel/bpf/trampoline.c). `full` infers TIME_WAIT as reliably as
 * the others trace it.
 */
export const PROGRAMS = ["full", "kprobe", "fentry", "basic"] as const;

/** A better source than the one chosen, why it was not chosen, and the command that fixes that, if there is one. */
interface PassedOver {
  readonly source: `bpf-${Program}`;
  readonly reason: string;
  readonly fix: string | null;
  /** The error's code where it has one of its own. */
  readonly code?: ErrorCode;
}

/** What `--source auto` chooses. `passedOver` lists all that is better than the choice, best first. */
export type Choice =
  | {
      readonly source: "bpf";
      readonly program: Program;
      /** All without a known obstacle, best first: when one fails, the next is tried. */
      readonly programs: readonly Program[];
      readonly passedOver: readonly PassedOver[];
    }
  | { readonly source: "proc"; readonly passedOver: readonly PassedOver[] };

type Obstacle = Omit<PassedOver, "source">;

/** The first bpftrace whose ntop() and packed printf() are right. */
export const OLDEST_BPFTRACE = { major: 0, minor: 11 };
export const OLDEST_BPFTRACE_NAME = `${OLDEST_BPFTRACE.major}.${OLDEST_BPFTRACE.minor}`;
/** The oldest known to compile the programs: 0.11 does not, and the versions between have not been tried. */
export const OLDEST_PROVEN = { major: 0, minor: 17 };
/** The first bpftrace that requires BTF. */
const NEEDS_BTF = { major: 0, minor: 25 };
/** The first kernel with sock:inet_sock_set_state. */
export const OLDEST_KERNEL = { major: 4, minor: 16 };

/** The first kernels with BPF trampolines, on x86 and on arm64. */
const OLDEST_FENTRY = { x64: { major: 5, minor: 5 }, arm64: { major: 6, minor: 0 } };

/** The best source that these facts allow. */
export function chooseSource(facts: TracingFacts): Choice {
  const programs = PROGRAMS.filter((program) => findObstacle(program, facts) === null);
  const [program] = programs;
  const better = program === undefined ? PROGRAMS : PROGRAMS.slice(0, PROGRAMS.indexOf(program));
  const passedOver = better.flatMap((one): PassedOver[] => {
    const obstacle = findObstacle(one, facts);
    return obstacle === null ? [] : [{ source: `bpf-${one}`, ...obstacle }];
  });
  return program === undefined ? { source: "proc", passedOver } : { source: "bpf", program, programs, passedOver };
}

/** `bpftrace is not installed (apt-get install bpftrace)`: why the best source was not chosen; "" when it was. */
export function describePassedOver(choice: Choice): string {
  const [found] = choice.passedOver;
  if (found === undefined) return "";
  return found.fix === null ? found.reason : `${found.reason} (${found.fix})`;
}

/** The code of the error that says why the best source was not taken. */
export function errorCodeOf(choice: Choice): ErrorCode {
  return choice.passedOver[0]?.code ?? "bpf-unavailable";
}

/** Why a program can't be used; null when there is no known reason. */
export function findObstacle(program: Program, facts: TracingFacts): Obstacle | null {
  const common = findCommonObstacle(facts);
  if (common !== null) return common;
  if (facts.wanted !== null) {
    // It was asked for: try it anyway.
    return facts.wanted === program ? null : { reason: `TCPTRACE_PROBES is ${facts.wanted}`, fix: null };
  }
  return OBSTACLES[program](facts);
}

const OBSTACLES: Record<Program, (facts: TracingFacts) => Obstacle | null> = {
  full: (facts) => findTracepointObstacle(facts) ?? findBtfObstacle(facts),
  kprobe: (facts) => findBtfObstacle(facts) ?? findKprobeObstacle(facts),
  fentry: (facts) => findBtfObstacle(facts) ?? findFentryObstacle(facts),
  basic: (facts) => findTracepointObstacle(facts) ?? findOldBtfObstacle(facts),
};

/** Whether a version is at least another. */
export function isAtLeast(version: Version, other: Version): boolean {
  return version.major === other.major ? version.minor >= other.minor : version.major > other.major;
}

/** Whether this process may load BPF programs and attach them. */
export function mayTrace({ isRoot, sysAdmin, bpf, perfmon }: Privileges): boolean {
  return isRoot && (sysAdmin || (bpf && perfmon));
}

/** Whether tcptrace can mount tracefs in a mount namespace of bpftrace's own. */
export function canMountTracefs({ kernel, privileges, hasUnshare }: TracingFacts): boolean {
  return kernel.tracefs.supported && privileges.isRoot && privileges.sysAdmin && hasUnshare;
}

/** Whether the tracepoint exists: where tracefs does not show it, the kernel's version decides. */
export function hasStateTracepoint({ kernel }: TracingFacts): boolean {
  return kernel.stateTracepoint ?? isAtLeast(kernel, OLDEST_KERNEL);
}

export interface Version {
  readonly major: number;
  readonly minor: number;
}

/** What prevents all programs, in the order in which a user would fix it. */
function findCommonObstacle({
  kernel,
  privileges,
  againAsRoot,
  bpftrace,
  muteBpftrace,
  installBpftrace,
}: TracingFacts): Obstacle | null {
  if (!privileges.isRoot) return { reason: "not root", fix: againAsRoot, code: "not-root" };
  if (!mayTrace(privileges)) {
    return { reason: "root without CAP_SYS_ADMIN, as in a container", fix: "docker run --privileged --pid=host" };
  }
  // The kernel reports pids of its own namespace: here those would denote other processes.
  if (kernel.initialPidNamespace === false) {
    return { reason: "in a container's own pid namespace", fix: "docker run --pid=host" };
  }
  const code = "no-bpftrace";
  if (muteBpftrace !== null) return { reason: `${muteBpftrace} --version fails, or takes too long`, fix: null, code };
  if (bpftrace === null) return { reason: "bpftrace is not installed", fix: installBpftrace, code };
  if (!isAtLeast(bpftrace, OLDEST_BPFTRACE)) {
    return { reason: `bpftrace ${bpftrace.version} is older than ${OLDEST_BPFTRACE_NAME}`, fix: installBpftrace, code };
  }
  if (kernel.lockdown === "confidentiality") {
    return { reason: "kernel lockdown (confidentiality) forbids BPF", fix: "boot with lockdown=integrity" };
  }
  return null;
}

function findTracepointObstacle(facts: TracingFacts): Obstacle | null {
  const { kernel } = facts;
  if (!hasStateTracepoint(facts)) {
    return { reason: `kernel ${kernel.release} has no tracepoint sock:inet_sock_set_state (4.16+)`, fix: null };
  }
  if (kernel.acceptTracepoint === false) {
    return { reason: "the kernel has no tracepoints for system calls (CONFIG_FTRACE_SYSCALLS)", fix: null };
  }
  return findTracefsObstacle(facts);
}

function findTracefsObstacle(facts: TracingFacts): Obstacle | null {
  const { mountedAt, supported } = facts.kernel.tracefs;
  if (mountedAt !== null || canMountTracefs(facts)) return null;
  return supported
    ? { reason: "tracefs is not mounted", fix: "mount -t tracefs tracefs /sys/kernel/tracing" }
    : { reason: "the kernel has no tracefs", fix: null };
}

/** Older versions of bpftrace find no functions on older kernels. */
const FINDS_FUNCTIONS = { bpftrace: { major: 0, minor: 23 }, kernel: { major: 5, minor: 11 } };

function findFentryObstacle(facts: TracingFacts): Obstacle | null {
  const { kernel, bpftrace } = facts;
  const oldest = OLDEST_FENTRY[process.arch === "arm64" ? "arm64" : "x64"];
  if (!isAtLeast(kernel, oldest)) return { reason: `kernel ${kernel.release} has no fentry`, fix: null };
  const findsFunctions = bpftrace === null || isAtLeast(bpftrace, FINDS_FUNCTIONS.bpftrace);
  if (!findsFunctions && !isAtLeast(kernel, FINDS_FUNCTIONS.kernel)) {
    return { reason: `bpftrace ${bpftrace.version} has no fentry on kernels before 5.11`, fix: null };
  }
  // bpftrace reads this list first; it is unknown until tracefs is mounted.
  if (kernel.traceableFunctions !== false) return findTracefsObstacle(facts);
  return { reason: "the kernel does not allow tracing of its functions (available_filter_functions)", fix: null };
}

function findKprobeObstacle({ kernel }: TracingFacts): Obstacle | null {
  return kernel.kprobes === false ? { reason: "the kernel has no kprobes (CONFIG_KPROBES)", fix: null } : null;
}

function findBtfObstacle({ kernel }: TracingFacts): Obstacle | null {
  return kernel.btf ? null : { reason: "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)", fix: null };
}

/** Why a bpftrace that needs BTF can't be used. */
function findOldBtfObstacle(facts: TracingFacts): Obstacle | null {
  const noBtf = findBtfObstacle(facts);
  const { bpftrace } = facts;
  if (noBtf === null || bpftrace === null || !isAtLeast(bpftrace, NEEDS_BTF)) return null;
  return { reason: `${noBtf.reason}, and bpftrace ${bpftrace.version} requires it`, fix: null };
}
