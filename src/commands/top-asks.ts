import type { Finding } from "../diagnosis/finding.ts";
import type { ChurnReport } from "../model/churn-report.ts";
import type { Filter } from "../model/filter.ts";
import type { Grouping } from "../model/group.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { GroupRow } from "../model/take-groups.ts";
import type { SocketChoice, SocketList } from "../model/take-sockets.ts";
import type { Timeline } from "../model/take-timeline.ts";
import type { TransitionRows } from "../view/top-data.ts";

export type SocketWish = Omit<SocketChoice, "stuckAfterMs">;

/** What the screen asks of the model. Each answer is of the moment of the question; nothing is worked out unasked. */
export interface TopSource {
  /** Null before anything is known. */
  snapshot(filter: Filter): Snapshot | null;
  /** The worst first. */
  findings(filter: Filter): readonly Finding[];
  churn(): ChurnReport | null;
  groups(by: Grouping, filter: Filter): readonly GroupRow[];
  sockets(wish: SocketWish): SocketList;
  /** Null: there is no such socket any more. */
  timeline(id: number): Timeline | null;
  transitions(filter: Filter): TransitionRows;
  /** The clock of the events, Unix epoch, and how many transitions there have been. */
  progress(): { readonly wallMs: number; readonly transitions: number };
  /** The same, standing still. */
  freeze(): TopSource;
}
