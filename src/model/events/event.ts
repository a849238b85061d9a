import type { DetailsSeen } from "./details.ts";
import type { Image } from "./image.ts";
import type { ProcessFacts, Survey } from "./survey.ts";
import type { Address } from "../net/address.ts";
import type { HostFigures, NamespaceCounters } from "../net/counters.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TimeWaitOutcome, TcpState } from "../net/tcp-state.ts";

/** Everything that the model knows arrives as one of these, in order of `at`, and nothing else does. */
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

/** The process in whose context an event ran, where that process is known to hold the socket. */
export interface Task {
  readonly pid: number;
  readonly uid: number;
  /** The process's name, already safe to print (model/text.ts). */
  comm: string;
}

/** What the kernel's struct sock said at a transition; null in programs that cannot read it. */
export interface Evidence {
  /** skc_flags SOCK_DEAD: no process holds the socket any more. */
  readonly dead: boolean;
  /** skc_flags SOCK_DONE: the peer's FIN has been processed. */
  readonly done: boolean;
  /** snd_una == write_seq: everything sent, our FIN included, has been acknowledged. */
  readonly acked: boolean;
  /** linger2 < 0 (TCP_LINGER2 set to -1): nothing stays behind in FIN_WAIT2. Only known when leaving that state. */
  readonly noFinWait2: boolean;
  /** sk_err, an errno, 0 when there is none. */
  readonly error: number;
  readonly left: TimeWaitOutcome;
}

/** One state change of one kernel socket (tracepoint sock:inet_sock_set_state). */
export interface Transition {
  readonly kind: "transition";
  readonly at: Nanos;
  /** Low 48 bits of the struct sock's address: a key until the socket closes, then reused by the kernel. */
  readonly address: number;
  readonly from: TcpState;
  /** Equal to `from` when close() ran on a socket already on its way out: evidence of the owner, not a change. */
  readonly to: TcpState;
  readonly netns: number | null;
  readonly localAddress: Address;
  /** 0 while the kernel has not chosen one. */
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
  /** 0: no file, that is not accepted yet or already closed by its process. Null where it cannot be read. */
  readonly inode: number | null;
  readonly evidence: Evidence | null;
  /** Set only when the task held the socket's lock, so that it is a true holder. */
  readonly task: Task | null;
}

/** A process took a socket from the accept queue. `fd` is null where functions are traced: it is not given yet. */
export interface Accept {
  readonly kind: "accept";
  readonly at: Nanos;
  readonly address: number;
  readonly inode: number;
  readonly fd: number | null;
  readonly task: Task;
}

/** What the kernel counts by itself was read, in all namespaces that are known. */
export interface CountersSeen {
  readonly kind: "counters";
  readonly at: Nanos;
  readonly namespaces: readonly NamespaceCounters[];
  /** Whether TW and TWKilled count mini-sockets when they begin, as is the default here, or when they end. */
  readonly timeWaitsCounted?: "begun" | "ended";
  /** Not there in recordings of earlier versions. */
  readonly host?: HostFigures;
}

/** A process was looked up by itself, because its pid was new. */
interface ProcessSeen {
  readonly kind: "process";
  readonly at: Nanos;
  readonly process: ProcessFacts;
}

/**
 * `count` transitions never arrived. `bpf`: the tracer's buffer was full. `kernel`: the kernel ran no BPF program for
 * them, since it was in the middle of another; the model finds them again by what does not fit together without them.
 */
export interface Loss {
  readonly kind: "loss";
  readonly at: Nanos;
  readonly count: number;
  readonly where: "bpf" | "kernel";
  /**
   * All of `count`, by the kernel's own counts. Not there where it can't tell, and in recordings of earlier versions.
   */
  readonly changes?: readonly ChangeCount[];
}

/** So many transitions between two states; null: between rare ones, which are not counted apart. */
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

/** From here on events come from this source; `reason` is one line for the screen. */
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
  /** All that was traced until then has been told. */
  readonly watermark: Nanos;
}
