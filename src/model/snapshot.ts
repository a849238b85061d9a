import type { SourceName } from "./event.ts";

/** What a view may draw: plain data, taken from the model at one moment. Durations are milliseconds. */
export interface Snapshot {
  /** Unix epoch, milliseconds. */
  readonly wallMs: number;
  readonly source: SourceName | null;
  readonly sourceDetail: string;
  /** False when a /proc survey could not read some process. */
  readonly complete: boolean;
  readonly transitions: number;
  readonly transitionsPerSecond: number;
  readonly lost: number;
  /** Milliseconds of the run in which nothing was traced. */
  readonly gapMs: number;
  /** Transitions whose process is known. */
  readonly attributed: number;
  /** Sockets now in each state, indexed by the kernel's state number. */
  readonly states: readonly number[];
  readonly stuckAfterMs: number;
  /** CLOSE_WAIT longer than `stuckAfterMs`. */
  readonly stuck: number;
  /** Most guilty first: stuck sockets, then sockets in CLOSE_WAIT, then transitions per second, then pid. */
  readonly processes: readonly ProcessRow[];
  /** Sockets whose process is not known, as a row of their own; null when there are none. */
  readonly unowned: SocketCounts | null;
  /** Sockets or processes not kept because a table was full. */
  readonly dropped: number;
}

export interface SocketCounts {
  readonly established: number;
  readonly closeWait: number;
  readonly stuck: number;
  /** Listening sockets. */
  readonly listen: number;
  readonly other: number;
  /** Age of the oldest socket in CLOSE_WAIT. */
  readonly oldestCloseWaitMs: number | null;
  /** True when that socket was in CLOSE_WAIT before tcptrace looked. */
  readonly oldestIsAtLeast: boolean;
  /** The peer of most sockets in CLOSE_WAIT, and how many of them it has. */
  readonly closeWaitPeer: { readonly endpoint: string; readonly count: number } | null;
}

export interface ProcessRow extends SocketCounts {
  readonly pid: number;
  readonly comm: string;
  readonly cmdline: string | null;
  readonly user: number | null;
  readonly transitions: number;
  readonly transitionsPerSecond: number;
  /** Connections opened (connect or accept) per second. */
  readonly openedPerSecond: number;
  /** Connections closed per second. */
  readonly closedPerSecond: number;
  readonly fdUsed: number | null;
  readonly fdLimit: number | null;
}
