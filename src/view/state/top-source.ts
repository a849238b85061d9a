import type { Finding } from "../../diagnosis/facts/finding.ts";
import type { Filter } from "../../model/filter/filter.ts";
import type { ChurnReport } from "../../model/reports/churn-report.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";
import type { SocketWorld } from "../../model/reports/socket-world.ts";
import type { Socket } from "../../model/sockets/socket.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";

/** Transitions with their wall-clock times, oldest first. */
export interface TransitionRows {
  readonly rows: readonly TransitionRow[];
  readonly wallMs: (at: number) => number;
}

/**
 * What views ask: the running model, or a copy made when the screen was paused. Answers describe the moment of the
 * question. Sockets and processes are read from `world` and need no method here.
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
  /** The time of the last event, Unix epoch, and the number of transitions so far. */
  progress(): { readonly wallMs: number; readonly transitions: number };
  /** A copy that no longer changes. */
  freeze(): TopSource;
}
