import type { SourceName } from "../events/event.ts";
import type { OwnerEvidence } from "../events/owner-evidence.ts";
import type { SocketTuple, SocketRole } from "../net/tuple.ts";
import type { TCP } from "../net/tcp-state.ts";
import type { AcceptQueue, ProcessRow } from "./snapshot.ts";

/** Who leaks, most guilty first: plain data, at one moment. Durations are milliseconds. */
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
  /** The stuck ones, oldest first. */
  readonly sockets: readonly StuckSocket[];
  /** Of the listeners in whose queues some of them wait. */
  readonly acceptQueues: readonly AcceptQueue[];
}

export interface StuckSocket extends SocketTuple {
  readonly id: number;
  /** CLOSE: it was reset, and only the descriptor is left. */
  readonly state: typeof TCP.CLOSE_WAIT | typeof TCP.CLOSE;
  readonly ageMs: number;
  readonly ageIsAtLeast: boolean;
  /** Bytes not read; a FIN that has not been read counts as one. */
  readonly receiveQueue: number | null;
  readonly accepted: boolean;
  readonly fd: number | null;
  readonly owner: OwnerEvidence;
  readonly role: SocketRole | null;
  readonly holders: readonly number[];
}

/** Why nobody is named. */
export type UnownedReason =
  /** Some process could not be read, and may hold it. */
  | "unreadable"
  /** Not accepted, and several processes listen on the port, each for itself (SO_REUSEPORT). */
  | "shared-port"
  /** Not accepted, and nobody is seen to listen there. */
  | "no-listener"
  /** All processes were read and none holds it: on its way between two, or in a namespace that cannot be seen. */
  | "no-holder";

export interface UnownedSocket extends StuckSocket {
  readonly reason: UnownedReason;
}
