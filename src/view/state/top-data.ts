import type { Finding } from "../../diagnosis/facts/finding.ts";
import { type Filter, MATCH_ALL } from "../../model/filter/filter.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";
import type { Message } from "./messages.ts";
import type { Mark, CountDelta } from "./state-trail.ts";

export interface RecordingState {
  readonly path: string;
  readonly bytes: number;
}

/** The data of the screen, all of one moment; null while unknown. */
export interface TopData {
  readonly host: string;
  /** The filter typed after `/`, once valid. */
  readonly filter: Filter;
  readonly snapshot: Snapshot | null;
  /** The worst first. */
  readonly findings: readonly Finding[];
  /** The answer to the question of the view on the screen; only that view knows its type. */
  readonly answer: object | null;
  /** Messages, oldest first. */
  readonly messages: readonly Message[];
  /** The recording being written (`e`); null for none. */
  readonly recording: RecordingState | null;
  /** How the counts by state have changed. */
  readonly change: CountDelta | null;
  /** The counters at the last reset; null when they count from the start. */
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
