import {
  formatCount,
  formatDuration,
  formatNumber,
  formatPlural,
  formatRate,
  formatSetting,
} from "../../base/quantity.ts";
import { safeText } from "../../base/text.ts";
import { TCP, isTcpState, stateName } from "../../model/net/tcp-state.ts";
import type { ProcessRow, Snapshot } from "../../model/reports/snapshot.ts";
import { clock, percent } from "../format/format.ts";
import { type Span, span } from "../format/frame.ts";
import type { Mark, CountDelta } from "../state/state-trail.ts";
import { blame } from "./blame.ts";
import { lostChangesText } from "./lost-changes.ts";
import { incompleteness } from "./polled.ts";

/** A lag worth reporting. */
const LATE_MS = 2000;

/** The figures of the whole machine; counted from the mark, if there is one. */
export function figures(snapshot: Snapshot, mark: Mark | null = null): Span[] {
  const { stuck } = snapshot;
  const lost = snapshot.lost - (mark?.lost ?? 0);
  const transitions = snapshot.transitions - (mark?.transitions ?? 0);
  const attributed = snapshot.attributed - (mark?.attributed ?? 0);
  const since =
    mark === null ? [] : [span(`${formatNumber(transitions)} since ${clock(mark.wallMs).slice(11, 19)} (z)`, "warn")];
  return [
    span(
      `stuck in CLOSE_WAIT (over ${formatSetting(snapshot.stuckAfterMs)}): ${formatNumber(stuck)}`,
      stuck > 0 ? "bad" : "good",
    ),
    transitionsSpan(snapshot),
    ...since,
    ...(snapshot.source === "proc" && lost <= 0
      ? []
      : [span(`lost ${formatNumber(Math.max(0, lost))}`, lost > 0 ? "warn" : "plain")]),
    span(`owners known ${percent(attributed, transitions)}`),
  ];
}

/** The /proc source misses transitions between two polls. */
function transitionsSpan({ source, transitionsPerSecond }: Snapshot): Span {
  return span(`${formatRate(transitionsPerSecond)} transitions/s${source === "proc" ? " seen by polls" : ""}`);
}

/** Sockets by state and how that changed. ESTABLISHED and CLOSE_WAIT are always shown, other states unless 0. */
export function stateCounts(snapshot: Snapshot, change: CountDelta | null = null): Span[] {
  const spans: Span[] = [];
  let isChanged = false;
  for (const [state, number] of snapshot.states.entries()) {
    if (!isTcpState(state)) continue;
    const more = change?.states[state] ?? 0;
    if (number === 0 && more === 0 && state !== TCP.ESTABLISHED && state !== TCP.CLOSE_WAIT) continue;
    if (more !== 0) isChanged = true;
    const moved = more === 0 ? "" : ` (${more > 0 ? "+" : "-"}${formatCount(Math.abs(more))})`;
    spans.push(
      span(
        `${stateName(state)} ${formatNumber(number)}${moved}`,
        state === TCP.CLOSE_WAIT && number > 0 ? "warn" : "plain",
      ),
    );
  }
  if (isChanged && change !== null) spans.push(span(`(in ${formatDuration(change.ms)})`, "dim"));
  return spans;
}

/** `bpf: bpftrace 0.17.0, full probes`. */
export function sourceText(snapshot: Snapshot): string {
  const detail = safeText(snapshot.sourceDetail);
  if (snapshot.source === null) return detail || "no source yet";
  return detail === "" ? snapshot.source : `${snapshot.source}: ${detail}`;
}

/** One sentence on the worst leak and its owner. */
export function health(snapshot: Snapshot): Span {
  const guilty = snapshot.processes.filter((row) => row.stuck > 0);
  const first = guilty[0];
  if (first !== undefined) return span(verdict(first, guilty.length - 1), "bad");
  if (snapshot.stuck > 0 || (snapshot.unowned?.stuck ?? 0) > 0) {
    const sockets = formatPlural(Math.max(snapshot.stuck, snapshot.unowned?.stuck ?? 0), "socket");
    return span(`${sockets} stuck in CLOSE_WAIT, owner unknown`, "bad");
  }
  const waiting = snapshot.states[TCP.CLOSE_WAIT] ?? 0;
  if (waiting === 0) return span("no sockets in CLOSE_WAIT", "good");
  const sockets = formatPlural(waiting, "socket");
  return span(`nothing is stuck: ${sockets} in CLOSE_WAIT, none over ${formatSetting(snapshot.stuckAfterMs)}`, "good");
}

/** What makes the numbers less than exact, a sentence each. */
export function caveats(snapshot: Snapshot): string[] {
  const { lost, gapMs, dropped, lagMs } = snapshot;
  const lines: string[] = [];
  if (lagMs > LATE_MS) {
    lines.push(`${formatDuration(lagMs)} behind: refreshing less often, then dropping details; counts stay exact`);
  }
  if (!snapshot.complete) lines.push(incompleteness(snapshot.unreadable));
  if (lost > 0) lines.push(lossText(snapshot));
  if (gapMs > 0) lines.push(`nothing was traced for ${formatDuration(gapMs)}: rates and ages may be too low`);
  if (dropped > 0)
    lines.push(`${formatPlural(dropped, "socket or process", "sockets or processes")} not kept: table full`);
  return lines;
}

/** The kernel counts lost transitions too, so totals are exact; their owners are unknown. */
function lossText({ lost, lostChanges, transitions }: Snapshot): string {
  const kinds = lostChangesText(lostChanges, 1);
  // Transitions that the kernel ran no program for have no time, so no rate includes them.
  const rates = kinds === "" ? "rates exclude them" : "transitions/s includes them, per-process rates do not";
  return (
    `${formatNumber(lost)} of ${formatPlural(lost + transitions, "transition")} lost${kinds === "" ? "" : ` (${kinds})`}: ` +
    `${rates}; the next survey of /proc corrects the tables`
  );
}

/** Shown in place of rows. */
export function emptyText(snapshot: Snapshot): string {
  return snapshot.complete ? "no process has a TCP socket" : "no visible process has a TCP socket";
}

/** Explains the row `(unowned)`. */
export const UNOWNED_NOTE = "(unowned): sockets whose owner is unknown";

function verdict(row: ProcessRow, others: number): string {
  const rest = others === 0 ? "" : `. ${formatPlural(others, "more process has", "more processes have")} stuck sockets`;
  return `${blame(row)}${rest}`;
}
