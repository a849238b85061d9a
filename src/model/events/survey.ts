import type { SurveyedTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TCP, TcpState } from "../net/tcp-state.ts";

/** A row of /proc/net/tcp or tcp6. */
export interface SurveyedSocket extends SurveyedTuple {
  readonly state: TcpState;
  /** 0: no process holds it (accept queue, or closed and not gone yet). */
  readonly inode: number;
  readonly uid: number;
  /** Bytes not read yet; for a listener, connections not accepted yet. */
  readonly receiveQueue: number;
  readonly transmitQueue: number;
}

/** A mini-socket: what the kernel keeps of a connection that our side has closed. It has no inode, so no holder. */
export interface SurveyedTimeWait extends SurveyedTuple {
  /** FIN_WAIT2: the peer has not closed yet. */
  readonly state: typeof TCP.TIME_WAIT | typeof TCP.FIN_WAIT2;
  /** Until it ends, if nothing comes between. */
  readonly remainingMs: number;
}

/** What /proc/PID tells of a process. Text is already safe to print. */
export interface ProcessFacts {
  readonly pid: number;
  readonly comm: string;
  readonly cmdline: string;
  readonly uid: number;
  /** Clock ticks after boot (/proc/PID/stat field 22): tells a process from a later one with its pid. */
  readonly startTime: number;
  readonly fdUsed: number | null;
  /** Soft RLIMIT_NOFILE; null when unlimited or unreadable. */
  readonly fdLimit: number | null;
  /** Id of its container, as far as its cgroup tells: twelve hex digits, or the name that LXC and the like give. */
  readonly container: string | null;
  /** Its systemd unit, such as `nginx.service`, as far as its cgroup tells. */
  readonly unit: string | null;
}

/** A socket in a process's hands (`/proc/PID/fd/N -> socket:[inode]`). */
export interface HeldSocket {
  readonly inode: number;
  /** Null: registered with an io_uring of the process, which needs no descriptor. */
  readonly fd: number | null;
}

/** A process that holds sockets: those of the survey, and TCP sockets of earlier ones that have no row any more. */
export interface SurveyedProcess extends ProcessFacts {
  readonly sockets: readonly HeldSocket[];
}

/** One reading of /proc: all sockets of all network namespaces, and who holds them. */
export interface Survey {
  readonly kind: "survey";
  /** When the reading began: what was traced later wins over it. */
  readonly at: Nanos;
  /** When the reading ended. */
  readonly until: Nanos;
  /** False when some process or namespace could not be read. */
  readonly complete: boolean;
  /** The namespaces that were read: a socket of another one may be there all the same. */
  readonly namespaces: readonly number[];
  readonly sockets: readonly SurveyedSocket[];
  readonly timeWaits: readonly SurveyedTimeWait[];
  readonly processes: readonly SurveyedProcess[];
  /** Processes whose descriptors may not be read: they may hold anything. */
  readonly unreadable: readonly number[];
  /** What polling costs; not there for a reading out of turn. */
  readonly poll?: PollCost;
}

/** How often /proc is read, and what that costs. */
export interface PollCost {
  /** CPU time of one reading, of telling the model of it included. */
  readonly cpuMs: number;
  /** From the begin of one reading to the begin of the next. */
  readonly intervalMs: number;
}
