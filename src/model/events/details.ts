import type { SurveyedTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";

/** What only the kernel's socket diagnosis (`ss -i`) tells of a connection in CLOSE_WAIT. */
export interface SocketDetail extends SurveyedTuple {
  readonly inode: number;
  /** Milliseconds since the last ACK came (tcpi_last_ack_recv): in CLOSE_WAIT, the FIN or something after it. */
  readonly lastAckMs: number;
  /** Milliseconds since data were sent last (tcpi_last_data_sent): after the FIN, a half-closed connection in use. */
  readonly lastSentMs: number;
}

/** How many connections may wait in a listener's accept queue (`ss -l`, Send-Q). */
export interface ListenBacklog {
  readonly netns: number;
  readonly inode: number;
  readonly backlog: number;
}

/** The kernel was asked for details of the connections in CLOSE_WAIT and of listeners, in namespaces that have such. */
export interface DetailsSeen {
  readonly kind: "details";
  /** When it had answered: the times of the details are from then. */
  readonly at: Nanos;
  readonly askedAt: Nanos;
  readonly details: readonly SocketDetail[];
  readonly backlogs: readonly ListenBacklog[];
  /** Read less often than the rest; not there: not this time. */
  readonly idle?: IdleSeen;
}

/** Connections that nothing has been sent on for a while. */
export interface IdleSeen {
  readonly connections: readonly IdleConnection[];
  /** How many more there are, that were not kept. */
  readonly left: number;
}

/** A connection in ESTABLISHED that has been silent (`ss -i`), but for keepalive. */
export interface IdleConnection extends SurveyedTuple {
  readonly inode: number;
  /** Milliseconds since data came or went last. */
  readonly idleMs: number;
  /** Until the next keepalive probe; null where none will come (no SO_KEEPALIVE). */
  readonly probeInMs: number | null;
}
