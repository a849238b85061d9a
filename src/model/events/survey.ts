import type { SurveyedTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TCP, TcpState } from "../net/tcp-state.ts";

/** A row of /proc/net/tcp or tcp6. */
export interface SurveyedSocket extends SurveyedTuple {
  readonly state: TcpState;
  /** 0: no process holds it (accept queue, or closed and not gone yet). */
  readonly inode: number;
  readonly uid: number;
  /** Unread bytes; of a listener, connections not accepted yet. */
  readonly receiveQueue: number;
  readonly transmitQueue: number;
}

/** A mini-socket: what the kernel keeps of a connection that our side closed. It has no inode and so no holder. */
export interface SurveyedTimeWait extends SurveyedTuple {
  /** FIN_WAIT2: the peer has not closed yet. */
  readonly state: typeof TCP.TIME_WAIT | typeof TCP.FIN_WAIT2;
  /** Until its timer ends it. */
  readonly remainingMs: number;
}

/** What /proc/PID says about a process. Text is already safe to print. */
export interface ProcessFacts {
  readonly pid: number;
  readonly comm: string;
  readonly cmdline: string;
  readonly uid: number;
  /** Clock ticks after boot (/proc/PID/stat field 22): distinguishes a process from a later one with the same pid. */
  readonly startTime: number;
  readonly fdUsed: number | null;
  /** Soft RLIMIT_NOFILE; null when unlimited or unreadable. */
  readonly fdLimit: number | null;
  /** Its container, from its cgroup: an id of twelve hex digits, or a name as LXC uses. */
  readonly container: string | null;
  /** Its systemd unit, from its cgroup, such as `nginx.service`. */
  readonly unit: string | null;
}

/** A socket that a process holds (`/proc/PID/fd/N -> socket:[inode]`). */
export interface HeldSocket {
  readonly inode: number;
  /** Null if it is registered with an io_uring, which needs no descriptor. */
  readonly fd: number | null;
}

/** A process and the sockets it holds, including TCP sockets of earlier surveys that no longer have a row. */
export interface SurveyedProcess extends ProcessFacts {
  readonly sockets: readonly HeldSocket[];
}

/** One reading of /proc and ss: all sockets of all network namespaces, and their holders. */
export interface Survey {
  readonly kind: "survey";
  /** When the survey began: events traced later override it. */
  readonly at: Nanos;
  /** When the survey ended. */
  readonly until: Nanos;
  /** False if a process or namespace could not be read. */
  readonly complete: boolean;
  /** The namespaces that were read: sockets of any other namespace may still exist. */
  readonly namespaces: readonly number[];
  readonly sockets: readonly SurveyedSocket[];
  readonly timeWaits: readonly SurveyedTimeWait[];
  readonly processes: readonly SurveyedProcess[];
  /** Processes whose descriptors could not be read (permission denied): they may hold any socket. */
  readonly unreadable: readonly number[];
  /** The cost of polling; absent if the survey was not a scheduled poll. */
  readonly poll?: PollCost;
}

/** How often /proc is read, and at what cost. */
export interface PollCost {
  /** CPU time of one survey, including the time to fold it. */
  readonly cpuMs: number;
  /** From the start of one survey to the start of the next. */
  readonly intervalMs: number;
}
