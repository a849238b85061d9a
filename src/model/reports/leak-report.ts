import type { SourceName } from "../events/event.ts";
import type { OwnerEvidence } from "../events/owner-evidence.ts";
import type { SocketTuple, SocketRole } from "../net/tuple.ts";
import type { TCP } from "../net/tcp-state.ts";
import type { AcceptQueue, ProcessRow } from "./snapshot.ts";

/** Which processes leak, worst first. Plain data of one moment; durations in milliseconds. */
export interface LeakReport {
  /** Unix epoch, milliseconds. */
  readonly wallMs: number;
  readonly source: SourceName | null;
  readonly stuckAfterMs: number;
  readonly lost: number;
  readonly complete: boolean;
  /** Processes that could not be read. */
  readonly unreadable: number;
  readonly processes: readonly LeakingProcess[];
  readonly unowned: readonly UnownedSocket[];
}

export interface LeakingProcess extends ProcessRow {
  /** Stuck sockets, oldest first. */
  readonly sockets: readonly StuckSocket[];
  /** The accept queues in which some of the sockets wait. */
  readonly acceptQueues: readonly AcceptQueue[];
}

export interface StuckSocket extends SocketTuple {
  readonly id: number;
  /** CLOSE: a leaked descriptor whose socket was reset. */
  readonly state: typeof TCP.CLOSE_WAIT | typeof TCP.CLOSE;
  readonly ageMs: number;
  readonly ageIsAtLeast: boolean;
  /** Unread bytes; an unread FIN counts as one. */
  readonly receiveQueue: number | null;
  readonly accepted: boolean;
  readonly fd: number | null;
  readonly owner: OwnerEvidence;
  readonly role: SocketRole | null;
  readonly holders: readonly number[];
}

/** Why the holder is unknown. */
export type UnownedReason =
  /** A process that could not be read may hold it. */
  | "unreadable"
  /** Not accepted, and several processes listen on the port (SO_REUSEPORT). */
  | "shared-port"
  /** Not accepted, and its listener is unknown. */
  | "no-listener"
  /** No process holds it: it is in transit between two processes, or in a namespace that is not visible. */
  | "no-holder";

export interface UnownedSocket extends StuckSocket {
  readonly reason: UnownedReason;
}
