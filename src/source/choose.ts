import type { Privileges } from "../host/capabilities.ts";
import type { KernelFacts } from "../host/kernel.ts";
import type { BpftraceVersion } from "./bpftrace-version.ts";

/** All that the choice of a source depends on. */
export interface TracingFacts {
  readonly kernel: KernelFacts;
  readonly privileges: Privileges;
  readonly bpftrace: BpftraceVersion | null;
  /** The command that installs bpftrace here; null when not known. */
  readonly installBpftrace: string | null;
  /** Whether unshare(1) is there: with it tcptrace mounts tracefs for bpftrace alone. */
  readonly hasUnshare: boolean;
  /** Whether iproute2's ss is there: it tells the age of older sockets, and half-closed ones from leaks. */
  readonly hasSs: boolean;
  /** The command that installs iproute2 here; null when not known. */
  readonly installSs: string | null;
}

/** `full` reads the kernel's structs through BTF, `basic` only the tracepoint's arguments. */
export type Program = "full" | "basic";

/** A better source than the one taken, why it was not taken, and the command that mends it, if there is one. */
export interface PassedOver {
  readonly source: "bpf-full" | "bpf-basic";
  readonly reason: string;
  readonly fix: string | null;
}

/** What `--source auto` takes. `passedOver` is best first, and holds all that is better than what was taken. */
export type Choice =
  | { readonly source: "bpf"; readonly program: Program; readonly passedOver: readonly PassedOver[] }
  | { readonly source: "proc"; readonly passedOver: readonly PassedOver[] };

type Obstacle = Omit<PassedOver, "source">;

/** The first bpftrace whose ntop() and packed printf() are right, and the first that loads nothing without BTF. */
export const OLDEST_BPFTRACE = { major: 0, minor: 11 };
const BTF_IS_A_MUST = { major: 0, minor: 25 };
/** The kernel that brought sock:inet_sock_set_state. */
export const OLDEST_KERNEL = { major: 4, minor: 16 };

/** Takes the best source that these facts allow. */
export function chooseSource(facts: TracingFacts): Choice {
  const common = findObstacle(facts);
  const full = common ?? findBtfObstacle(facts);
  if (full === null) return { source: "bpf", program: "full", passedOver: [] };
  const fullPassedOver: PassedOver = { source: "bpf-full", ...full };
  const basic = common ?? findBasicObstacle(facts, full);
  if (basic === null) return { source: "bpf", program: "basic", passedOver: [fullPassedOver] };
  return { source: "proc", passedOver: [fullPassedOver, { source: "bpf-basic", ...basic }] };
}

/** `bpftrace is not installed (apt-get install bpftrace)`: why the best source was not taken; "" when it was. */
export function describePassedOver(choice: Choice): string {
  const [best] = choice.passedOver;
  if (best === undefined) return "";
  return best.fix === null ? best.reason : `${best.reason} (${best.fix})`;
}

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

/** Whether the tracepoint is there: where tracefs cannot tell, the kernel's version does. */
export function hasStateTracepoint({ kernel }: TracingFacts): boolean {
  return kernel.stateTracepoint ?? isAtLeast(kernel, OLDEST_KERNEL);
}

interface Version {
  readonly major: number;
  readonly minor: number;
}

/** What stands in the way of both programs, in the order in which a user would mend it. */
function findObstacle(facts: TracingFacts): Obstacle | null {
  const { kernel, privileges, bpftrace, installBpftrace } = facts;
  if (!privileges.isRoot) return { reason: "not root", fix: "sudo tcptrace" };
  if (!mayTrace(privileges)) {
    return { reason: "root without CAP_SYS_ADMIN, as in a container", fix: "docker run --privileged --pid=host" };
  }
  // The kernel tells pids of its own namespace: here they would be other processes'.
  if (kernel.initialPidNamespace === false) {
    return { reason: "in a container's own pid namespace", fix: "docker run --pid=host" };
  }
  if (bpftrace === null) return { reason: "bpftrace is not installed", fix: installBpftrace };
  if (!isAtLeast(bpftrace, OLDEST_BPFTRACE)) {
    return { reason: `bpftrace ${bpftrace.version} is older than 0.11`, fix: installBpftrace };
  }
  if (kernel.lockdown === "confidentiality") {
    return { reason: "kernel lockdown (confidentiality) forbids BPF", fix: "boot with lockdown=integrity" };
  }
  if (!hasStateTracepoint(facts)) {
    return { reason: `kernel ${kernel.release} has no tracepoint sock:inet_sock_set_state (4.16+)`, fix: null };
  }
  if (kernel.tracefs.mountedAt === null && !canMountTracefs(facts)) {
    return kernel.tracefs.supported
      ? { reason: "tracefs is not mounted", fix: "mount -t tracefs tracefs /sys/kernel/tracing" }
      : { reason: "the kernel has no tracefs", fix: null };
  }
  return null;
}

function findBtfObstacle({ kernel }: TracingFacts): Obstacle | null {
  return kernel.btf ? null : { reason: "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)", fix: null };
}

function findBasicObstacle({ bpftrace }: TracingFacts, noBtf: Obstacle): Obstacle | null {
  if (bpftrace === null || !isAtLeast(bpftrace, BTF_IS_A_MUST)) return null;
  return { reason: `${noBtf.reason}, and bpftrace ${bpftrace.version} does nothing without it`, fix: null };
}
