import type { Finding } from "../../diagnosis/facts/finding.ts";
import { type Filter, MATCH_ALL } from "../../model/filter/filter.ts";
import type { GroupRow } from "../../model/lists/build-groups.ts";
import type { SocketList } from "../../model/lists/build-sockets.ts";
import type { Timeline } from "../../model/lists/build-timeline.ts";
import type { ChurnReport } from "../../model/reports/churn-report.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";
import type { Message } from "./messages.ts";
import type { Mark, CountDelta } from "./state-trail.ts";

/** Rows of a list, of which only those on the screen are made. */
export type SocketRows = Pick<SocketList, "length" | "idAt" | "indexOf" | "rows">;

/** Transitions with their moments on the calendar, oldest first. */
export interface TransitionRows {
  readonly rows: readonly TransitionRow[];
  readonly wallMs: (at: number) => number;
}

export interface RecordingState {
  readonly path: string;
  readonly bytes: number;
}

/** What the screen is drawn from, of one moment; null before anything is known, and what the view does not need. */
export interface TopData {
  readonly host: string;
  /** What was typed after `/` and is in force. */
  readonly filter: Filter;
  readonly snapshot: Snapshot | null;
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly churn: ChurnReport | null;
  readonly groups: readonly GroupRow[] | null;
  readonly sockets: SocketRows | null;
  readonly timeline: Timeline | null;
  readonly transitions: TransitionRows | null;
  /** What the program had to say, oldest first. */
  readonly messages: readonly Message[];
  /** What is being recorded from here; null when nothing is. */
  readonly recording: RecordingState | null;
  /** How the counts by state have changed. */
  readonly change: CountDelta | null;
  /** Where counters were set to zero; null when they count from the begin. */
  readonly mark: Mark | null;
}

export const NO_DATA: TopData = {
  host: "",
  filter: MATCH_ALL,
  snapshot: null,
  findings: [],
  churn: null,
  groups: null,
  sockets: null,
  timeline: null,
  transitions: null,
  messages: [],
  recording: null,
  change: null,
  mark: null,
};
