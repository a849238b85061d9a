import type { SourceName } from "../events/event.ts";
import type { PollCost } from "../events/survey.ts";
import type { ChangeTotal } from "../rates/change-counts.ts";
import type { HostRates } from "../rates/counter-rates.ts";

/** What a view may draw: plain data, taken from the model at one moment. Durations are milliseconds. */
export interface Snapshot {
  /** Unix epoch, milliseconds. */
  readonly wallMs: number;
  readonly source: SourceName | null;
  readonly sourceDetail: string;
  /** False when a /proc survey could not read some process. */
  readonly complete: boolean;
  /** Processes that could not be read; those that /proc does not even show are not among them. */
  readonly unreadable: number;
  /** Of the source `proc`; null with any other. */
  readonly poll: Poll | null;
  /** By the kernel's own counters, without regard to any filter; null until they have been read twice. */
  readonly host: HostRates | null;
  readonly transitions: number;
  /** With those that were lost, as far as the kernel has counted them. */
  readonly transitionsPerSecond: number;
  readonly lost: number;
  /** Of which kinds, where the tracer's buffer lost them; the most first. */
  readonly lostChanges: readonly ChangeTotal[];
  /** How far the telling is behind: what was traced since is not in here. */
  readonly lagMs: number;
  /** Milliseconds of the run in which nothing was traced. */
  readonly gapMs: number;
  /** Transitions whose process is known. */
  readonly attributed: number;
  /** Sockets now in each state, indexed by the kernel's state number. */
  readonly states: readonly number[];
  readonly series: SnapshotSeries;
  readonly stuckAfterMs: number;
  /** Sockets in CLOSE_WAIT longer than `stuckAfterMs`, each once. */
  readonly stuck: number;
  /** Most guilty first: stuck sockets, then those in CLOSE_WAIT, then their growth, then transitions per second, then pid. */
  readonly processes: readonly ProcessRow[];
  /** Sockets whose process is not known, as a row of their own; null when there are none. */
  readonly unowned: SocketCounts | null;
  /** Sockets or processes not kept because a table was full. */
  readonly dropped: number;
}

/** A number for each of the last whole seconds, at most five minutes, oldest first, whatever is filtered. */
export interface SnapshotSeries {
  readonly transitions: readonly number[];
  readonly closeWait: readonly number[];
  /** Entries into TIME_WAIT; these a filter does choose. */
  readonly timeWaits: readonly number[];
}

/** How old what is shown is, and what it costs to keep it young. */
export interface Poll extends PollCost {
  readonly ageMs: number;
}

export interface SocketCounts {
  readonly established: number;
  readonly closeWait: number;
  /** In CLOSE_WAIT past the threshold, and descriptors whose sockets were reset there. */
  readonly stuck: number;
  /** Of the stuck ones: in the accept queue still. */
  readonly notAccepted: number;
  /** In CLOSE_WAIT and in the accept queue still, stuck or not. */
  readonly waiting: number;
  /** Of the stuck ones: reset meanwhile, so that only the descriptor is left. */
  readonly leakedDescriptors: number;
  /** Of the stuck ones: accepted, and data have come that were never read. */
  readonly unread: number;
  /** Of the stuck ones: accepted, and only the end (the FIN) has not been read. */
  readonly endUnread: number;
  /** Of the stuck ones: accepted and read to the end. */
  readonly readToEnd: number;
  /** In accept queues, in whatever state. */
  readonly queued: number;
  /** The longest queue of its listeners; null when none waits. */
  readonly acceptQueue: AcceptQueue | null;
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

/** Connections that wait to be accepted. */
export interface AcceptQueue {
  /** Where the listener listens. */
  readonly netns: number | null;
  readonly endpoint: string;
  readonly length: number;
  /** How many may wait; null where it could not be asked. */
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
  /** Sockets in CLOSE_WAIT, over the run; null while that can't be told. */
  readonly growthPerMinute: number | null;
  readonly fdUsed: number | null;
  readonly fdLimit: number | null;
  /** Until the limit, if it goes on as it has; null when it does not. */
  readonly fdExhaustedInMs: number | null;
}
