import type { Finding } from "../../diagnosis/facts/finding.ts";
import type { Filter } from "../../model/filter/filter.ts";
import type { ChurnReport } from "../../model/reports/churn-report.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";
import type { SocketWorld } from "../../model/reports/socket-world.ts";
import type { Socket } from "../../model/sockets/socket.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";

/** Transitions with their moments on the calendar, oldest first. */
export interface TransitionRows {
  readonly rows: readonly TransitionRow[];
  readonly wallMs: (at: number) => number;
}

/**
 * What views ask: the model as it goes on, or as it stood when the screen was paused. Each answer is of the moment of the
 * question. What can be read from sockets and processes needs no method here: it is in `world`.
 */
export interface TopSource {
  readonly world: SocketWorld;
  readonly stuckAfterMs: number;
  /** Null before anything is known. */
  snapshot(filter: Filter): Snapshot | null;
  /** The worst first. */
  findings(filter: Filter): readonly Finding[];
  churn(): ChurnReport | null;
  /** Null: this socket is no longer known. */
  socket(id: number): Socket | null;
  transitions(filter: Filter): TransitionRows;
  /** The clock of the events, Unix epoch, and how many transitions there have been. */
  progress(): { readonly wallMs: number; readonly transitions: number };
  /** The same, standing still. */
  freeze(): TopSource;
}
