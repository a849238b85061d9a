import type { Transition } from "./event.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";

/** Why a socket changed its state; `poll` when only two readings of /proc differ. */
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

/* include/uapi/asm-generic/errno.h; MIPS and Alpha differ, and get null there. */
const EPIPE = 32;
/** What `ss -K` and bpf leave on a socket that they destroy (tcp_abort()). */
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

/** The cause of a transition as its own evidence tells it (net/ipv4/tcp_input.c, tcp_minisocks.c), null when it doesn't. */
export function causeOf(transition: Pick<Transition, "from" | "to" | "evidence" | "task">): Cause | null {
  const { from, to } = transition;
  if (to === TCP.CLOSE) return causeOfEnd(transition);
  if (to === TCP.SYN_RECV) return "syn";
  // The last ACK of the handshake puts a server's child into the accept queue.
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
  // Also where tcp_time_wait() is traced and was not seen: the kernel may have skipped its probe, and this leaves no other way.
  if (from === TCP.FIN_WAIT2 && evidence.done) return "time-wait";
  if (from === TCP.CLOSING && evidence.acked) return "time-wait";
  if (evidence.left === "unknown") {
    // An orphan in FIN_WAIT2 goes on as a mini-socket that waits for the peer's FIN: its process has closed it.
    if (from === TCP.FIN_WAIT2 && evidence.dead) return evidence.noFinWait2 ? "abort" : "close";
  } else if (from === TCP.FIN_WAIT2 && evidence.dead) return "abort";
  // close() with unread data or linger 0, or connect(AF_UNSPEC): ended by the process, without a FIN.
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
