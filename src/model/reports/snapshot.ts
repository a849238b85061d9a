import type { SourceName } from "../events/event.ts";
import type { PollCost } from "../events/survey.ts";
import type { ChangeTotal } from "../rates/change-counts.ts";
import type { HostRates } from "../rates/counter-rates.ts";

/** The data of the views: plain data of one moment; durations in milliseconds. */
export interface Snapshot {
  /** Unix epoch, milliseconds. */
  readonly wallMs: number;
  readonly source: SourceName | null;
  readonly sourceDetail: string;
  /** False if a survey could not read a process. */
  readonly complete: boolean;
  /** Processes that could not be read, not counting those that /proc hides. */
  readonly unreadable: number;
  /** Only with source `proc`; else null. */
  readonly poll: Poll | null;
  /** From the kernel's own counters, regardless of any filter; null before the second reading. */
  readonly host: HostRates | null;
  readonly transitions: number;
  /** Includes lost transitions that the kernel counted. */
  readonly transitionsPerSecond: number;
  readonly lost: number;
  /** By pair of states, if the tracer's buffer overflowed; most lost first. */
  readonly lostChanges: readonly ChangeTotal[];
  /** How far the watermark lags behind: later events are not included. */
  readonly lagMs: number;
  /** Milliseconds of the run in which nothing was traced. */
  readonly gapMs: number;
  /** Transitions whose process is known. */
  readonly attributed: number;
  /** Sockets now in each state, indexed by the kernel's state number. */
  readonly states: readonly number[];
  readonly series: SnapshotSeries;
  readonly stuckAfterMs: number;
  /** Sockets in CLOSE_WAIT for longer than `stuckAfterMs`, each counted once. */
  readonly stuck: number;
  /** Worst first: by stuck sockets, sockets in CLOSE_WAIT, their growth, transitions per second, and pid. */
  readonly processes: readonly ProcessRow[];
  /** Sockets whose holder is unknown; null if there are none. */
  readonly unowned: SocketCounts | null;
  /** Sockets or processes not kept because a table was full. */
  readonly dropped: number;
}

/** A value per whole second, over at most five minutes, oldest first, regardless of any filter. */
export interface SnapshotSeries {
  readonly transitions: readonly number[];
  readonly closeWait: readonly number[];
  /** New mini-sockets; unlike the other series, filtered. */
  readonly timeWaits: readonly number[];
}

/** The age of the last poll and the cost of polling. */
export interface Poll extends PollCost {
  readonly ageMs: number;
}

export interface SocketCounts {
  readonly established: number;
  readonly closeWait: number;
  /** In CLOSE_WAIT past the threshold, and descriptors whose sockets were reset there. */
  readonly stuck: number;
  /** Stuck sockets still in the accept queue. */
  readonly notAccepted: number;
  /** In CLOSE_WAIT and still in the accept queue, stuck or not. */
  readonly waiting: number;
  /** Stuck: the socket was reset and only the descriptor is left. */
  readonly leakedDescriptors: number;
  /** Stuck: accepted, with unread data. */
  readonly unread: number;
  /** Stuck: accepted, with only the FIN unread. */
  readonly endUnread: number;
  /** Stuck: accepted, and read to EOF. */
  readonly readToEnd: number;
  /** In accept queues, in any state. */
  readonly queued: number;
  /** The longest queue of its listeners; null if all are empty. */
  readonly acceptQueue: AcceptQueue | null;
  /** Listening sockets. */
  readonly listen: number;
  readonly other: number;
  /** The age of the oldest socket in CLOSE_WAIT. */
  readonly oldestCloseWaitMs: number | null;
  /** True if that socket was in CLOSE_WAIT before tracing began. */
  readonly oldestIsAtLeast: boolean;
  /** The most common peer of the sockets in CLOSE_WAIT. */
  readonly closeWaitPeer: { readonly endpoint: string; readonly count: number } | null;
}

/** The connections of a listener that wait to be accepted. */
export interface AcceptQueue {
  readonly netns: number | null;
  readonly endpoint: string;
  readonly length: number;
  /** The maximum length; null if unknown. */
  readonly backlog: number | null;
}

export interface ProcessRow extends SocketCounts {
  readonly pid: number;
  readonly comm: string;
  readonly cmdline: string | null;
  readonly user: number | null;
  readonly container: string | null;
  readonly unit: string | null;
  readonly transitions: number;
  readonly transitionsPerSecond: number;
  /** Connections opened (connect or accept) per second. */
  readonly openedPerSecond: number;
  /** Connections closed per second. */
  readonly closedPerSecond: number;
  /** Growth of the number of sockets in CLOSE_WAIT over the run; null while there are too few samples. */
  readonly growthPerMinute: number | null;
  readonly fdUsed: number | null;
  readonly fdLimit: number | null;
  /** Until the limit is reached at the current growth; null if it is not growing. */
  readonly fdExhaustedInMs: number | null;
}
