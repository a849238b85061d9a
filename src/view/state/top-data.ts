import type { Finding } from "../../diagnosis/facts/finding.ts";
import { type Filter, MATCH_ALL } from "../../model/filter/filter.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";
import type { Message } from "./messages.ts";
import type { Mark, CountDelta } from "./state-trail.ts";

export interface RecordingState {
  readonly path: string;
  readonly bytes: number;
}

/** What the screen is drawn from, all of one moment; null where nothing is known yet. */
export interface TopData {
  readonly host: string;
  /** What was typed after `/` and is in force. */
  readonly filter: Filter;
  readonly snapshot: Snapshot | null;
  /** The worst first. */
  readonly findings: readonly Finding[];
  /** The answer to the question of the view on the screen; only that view knows its type. */
  readonly answer: object | null;
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
  answer: null,
  messages: [],
  recording: null,
  change: null,
  mark: null,
};
