import type { SourceName } from "../../model/events/event.ts";
import { type TcpState, stateName } from "../../model/net/tcp-state.ts";
import type { ChangeTotal } from "../../model/rates/change-counts.ts";
import { isoTime } from "../format/time.ts";

/** Totals of a run of `events`. */
export interface EventsSummary {
  readonly transitions: number;
  readonly lost: number;
  readonly attributed: number;
  readonly seconds: number;
  readonly source: SourceName | null;
  /** All transitions while tracing, including lost and filtered ones; null: unknown. */
  readonly total: number | null;
  /** The kernel's counts by pair of states. Transitions that it skipped and nobody recovered have null states. */
  readonly changes: readonly ChangeTotal[];
}

export function lostJson(wallMs: number, count: number, where: string): string {
  return JSON.stringify({ type: "lost", time: isoTime(wallMs), count, where });
}

/** Nothing was traced for `ms` until `wallMs`. */
export function gapJson(wallMs: number, ms: number): string {
  return JSON.stringify({ type: "gap", time: isoTime(wallMs), ms: Math.round(ms) });
}

export function summaryJson(summary: EventsSummary): string {
  const totals = summary.changes.map(({ from, to, count, lost }) => {
    return { from: nameOf(from), to: nameOf(to), count, lost };
  });
  return JSON.stringify({ type: "summary", ...summary, changes: totals });
}

function nameOf(state: TcpState | null): string | null {
  return state === null ? null : stateName(state);
}
