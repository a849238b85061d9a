import type { Transition } from "./event.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";

/** Why a socket changed state; `poll`: the change was found by comparing two surveys, so its cause is unknown. */
export type Cause =
  | "connect"
  | "listen"
  | "syn"
  | "accept-queue"
  | "ack"
  | "close"
  | "fin"
  | "reset"
  | "timeout"
  | "abort"
  | "time-wait"
  | "poll";

/* include/uapi/asm-generic/errno.h; MIPS and Alpha use other numbers: there the cause is null. */
const EPIPE = 32;
/** The error that `ss -K` and BPF set on a socket they destroy (tcp_abort()). */
export const ECONNABORTED = 103;
const ECONNRESET = 104;
const ETIMEDOUT = 110;
const ECONNREFUSED = 111;
const EHOSTUNREACH = 113;

const CAUSE_OF_ENTRY: Partial<Record<TcpState, Cause>> = {
  [TCP.SYN_SENT]: "connect",
  [TCP.LISTEN]: "listen",
  [TCP.FIN_WAIT1]: "close",
  [TCP.LAST_ACK]: "close",
  [TCP.FIN_WAIT2]: "ack",
  [TCP.CLOSE_WAIT]: "fin",
  [TCP.CLOSING]: "fin",
};

/** The cause of a transition, from its own evidence (net/ipv4/tcp_input.c, tcp_minisocks.c); null if undetermined. */
export function causeOf(transition: Pick<Transition, "from" | "to" | "evidence" | "task">): Cause | null {
  const { from, to } = transition;
  if (to === TCP.CLOSE) return causeOfEnd(transition);
  if (to === TCP.SYN_RECV) return "syn";
  // The last ACK of the handshake puts a server's connection into the accept queue.
  if (to === TCP.ESTABLISHED) return from === TCP.SYN_RECV ? "accept-queue" : "ack";
  return CAUSE_OF_ENTRY[to] ?? null;
}

function causeOfEnd({ from, evidence, task }: Pick<Transition, "from" | "evidence" | "task">): Cause | null {
  if (evidence === null) return from === TCP.LISTEN ? "close" : null;
  if (evidence.left === TCP.TIME_WAIT) return "time-wait";
  if (evidence.left === TCP.FIN_WAIT2) return "close";
  const failure = causeOfError(evidence.error);
  if (failure !== null) return failure;
  if (from === TCP.LAST_ACK) return "ack";
  if (from === TCP.LISTEN) return "close";
  // Even if tcp_time_wait() is traced and was not seen: the kernel may have skipped that probe, and no other path fits.
  if (from === TCP.FIN_WAIT2 && evidence.done) return "time-wait";
  if (from === TCP.CLOSING && evidence.acked) return "time-wait";
  if (evidence.left === "unknown") {
    // An orphan in FIN_WAIT2 becomes a mini-socket that waits for the peer's FIN: its process has closed it.
    if (from === TCP.FIN_WAIT2 && evidence.dead) return evidence.noFinWait2 ? "abort" : "close";
  } else if (from === TCP.FIN_WAIT2 && evidence.dead) return "abort";
  // The process ended it without a FIN: close() with unread data or linger 0, or connect(AF_UNSPEC).
  return task === null ? null : "abort";
}

function causeOfError(error: number): Cause | null {
  switch (error) {
    case ECONNRESET:
    case ECONNREFUSED:
    case EPIPE:
      return "reset";
    case ETIMEDOUT:
    case EHOSTUNREACH:
      return "timeout";
    case ECONNABORTED:
      return "abort";
    default:
      return null;
  }
}
