import type { DetailsSeen } from "./details.ts";
import type { Image } from "./image.ts";
import type { ProcessFacts, Survey } from "./survey.ts";
import type { Address } from "../net/address.ts";
import type { HostFigures, NamespaceCounters } from "../net/counters.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TimeWaitOutcome, TcpState } from "../net/tcp-state.ts";

/** The only input of the model, in order of `at`. */
export type TraceEvent =
  | Transition
  | Accept
  | Survey
  | DetailsSeen
  | CountersSeen
  | ProcessSeen
  | Loss
  | Gap
  | SourceChange
  | ClockAnchor
  | Image
  | Tick;

/** The process in whose context an event ran, if that process is known to hold the socket. */
export interface Task {
  readonly pid: number;
  readonly uid: number;
  /** The process's name, already safe to print (base/text.ts). */
  comm: string;
}

/** Fields of the kernel's struct sock at a transition. */
export interface Evidence {
  /** skc_flags SOCK_DEAD: no process holds the socket any more. */
  readonly dead: boolean;
  /** skc_flags SOCK_DONE: the peer's FIN has been processed. */
  readonly done: boolean;
  /** snd_una == write_seq: everything sent, including our FIN, has been acknowledged. */
  readonly acked: boolean;
  /** linger2 < 0 (TCP_LINGER2 set to -1): no mini-socket is left in FIN_WAIT2. Only known when leaving that state. */
  readonly noFinWait2: boolean;
  /** sk_err, an errno; 0 for none. */
  readonly error: number;
  readonly left: TimeWaitOutcome;
}

/** One state change of one kernel socket (tracepoint sock:inet_sock_set_state). */
export interface Transition {
  readonly kind: "transition";
  readonly at: Nanos;
  /** Low 48 bits of the struct sock's address: unique until the socket closes, then reused by the kernel. */
  readonly address: number;
  readonly from: TcpState;
  /** Equal to `from` if close() ran on a socket that was already closing: evidence of the owner, not a change. */
  readonly to: TcpState;
  readonly netns: number | null;
  readonly localAddress: Address;
  /** 0 until the kernel has chosen one. */
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
  /** 0: no file, because it is not accepted yet or already closed by its process. Null if it cannot be read. */
  readonly inode: number | null;
  /** Null from programs that cannot read it. */
  readonly evidence: Evidence | null;
  /** Set only if the task held the socket's lock, which proves that it holds the socket. */
  readonly task: Task | null;
}

/** A process took a socket from the accept queue. `fd` is null from function probes: it is not assigned yet. */
export interface Accept {
  readonly kind: "accept";
  readonly at: Nanos;
  readonly address: number;
  readonly inode: number;
  readonly fd: number | null;
  readonly task: Task;
}

/** A reading of the kernel's own counters, from all known namespaces. */
export interface CountersSeen {
  readonly kind: "counters";
  readonly at: Nanos;
  readonly namespaces: readonly NamespaceCounters[];
  /** Whether TW and TWKilled count mini-sockets when they begin (the default) or when they end. */
  readonly timeWaitsCounted?: "begun" | "ended";
  /** Absent in recordings of earlier versions. */
  readonly host?: HostFigures;
}

/** One process was looked up because its pid was new. */
interface ProcessSeen {
  readonly kind: "process";
  readonly at: Nanos;
  readonly process: ProcessFacts;
}

/**
 * `count` transitions never arrived. `bpf`: the tracer's buffer was full. `kernel`: the kernel ran no BPF program for
 * them because another one was running on that CPU; the model infers them from contradictions between other events.
 */
export interface Loss {
  readonly kind: "loss";
  readonly at: Nanos;
  readonly count: number;
  readonly where: "bpf" | "kernel";
  /** `count` by pair of states, from the kernel's counts. Absent if unknown, and in recordings of earlier versions. */
  readonly changes?: readonly ChangeCount[];
}

/** The number of transitions between two states; null: rare states, which are counted together. */
export interface ChangeCount {
  readonly from: TcpState | null;
  readonly to: TcpState | null;
  readonly count: number;
}

/** Nothing was traced between `from` and `at`: the tracer was down or not attached. */
export interface Gap {
  readonly kind: "gap";
  readonly at: Nanos;
  readonly from: Nanos;
}

/** Events come from this source from now on. */
export interface SourceChange {
  readonly kind: "source";
  readonly at: Nanos;
  readonly source: SourceName;
  /** False while the tracer is not attached yet, or down. */
  readonly ready: boolean;
  /** Such as `bpftrace 0.17.0, full probes` or `/proc at most every 1 s: bpftrace is not installed`. */
  readonly detail: string;
}

export type SourceName = "bpf" | "proc";

/** `at` on the tracer's clock is `wallMs` after the Unix epoch. */
export interface ClockAnchor {
  readonly kind: "anchor";
  readonly at: Nanos;
  readonly wallMs: number;
}

/** Time has passed. */
export interface Tick {
  readonly kind: "tick";
  readonly at: Nanos;
  /** Everything traced up to this time has arrived. */
  readonly watermark: Nanos;
}
