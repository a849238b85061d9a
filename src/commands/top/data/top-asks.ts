import type { Finding } from "../../../diagnosis/facts/finding.ts";
import type { Filter } from "../../../model/filter/filter.ts";
import type { Grouping } from "../../../model/lists/group.ts";
import type { GroupRow } from "../../../model/lists/build-groups.ts";
import type { SocketChoice, SocketList } from "../../../model/lists/build-sockets.ts";
import type { Timeline } from "../../../model/lists/build-timeline.ts";
import type { ChurnReport } from "../../../model/reports/churn-report.ts";
import type { Snapshot } from "../../../model/reports/snapshot.ts";
import type { TransitionRows } from "../../../view/state/top-data.ts";

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
