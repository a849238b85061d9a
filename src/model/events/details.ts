import type { SurveyedTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";

/** Details of a connection in CLOSE_WAIT that only the kernel's socket diagnosis (`ss -i`) reports. */
export interface SocketDetail extends SurveyedTuple {
  readonly inode: number;
  /** Milliseconds since the last ACK arrived (tcpi_last_ack_recv): in CLOSE_WAIT, the FIN or something after it. */
  readonly lastAckMs: number;
  /** Milliseconds since data was last sent (tcpi_last_data_sent): if after the FIN, the connection is half-closed. */
  readonly lastSentMs: number;
}

/** How many connections may wait in a listener's accept queue (`ss -l`, Send-Q). */
export interface ListenBacklog {
  readonly netns: number;
  readonly inode: number;
  readonly backlog: number;
}

/** Details of connections in CLOSE_WAIT and of listeners, from the namespaces that have any. */
export interface DetailsSeen {
  readonly kind: "details";
  /** When the kernel had answered: the times in the details are relative to this. */
  readonly at: Nanos;
  readonly askedAt: Nanos;
  readonly details: readonly SocketDetail[];
  readonly backlogs: readonly ListenBacklog[];
  /** Read less often than the rest; absent if not read this time. */
  readonly idle?: IdleSeen;
}

/** Connections without traffic for a while. */
export interface IdleSeen {
  readonly connections: readonly IdleConnection[];
  /** The number of others, which were not kept. */
  readonly left: number;
}

/** A connection in ESTABLISHED that is idle except for keepalive probes (`ss -i`). */
export interface IdleConnection extends SurveyedTuple {
  readonly inode: number;
  /** Milliseconds since data was last sent or received. */
  readonly idleMs: number;
  /** Milliseconds until the next keepalive probe; null without SO_KEEPALIVE. */
  readonly probeInMs: number | null;
}
