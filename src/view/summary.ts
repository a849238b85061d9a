import type { ProcessRow, Snapshot } from "../model/snapshot.ts";
import { isTcpState, stateName, TCP } from "../model/tcp-state.ts";
import { safeText } from "../model/text.ts";
import { blame } from "./blame.ts";
import { duration, percent, plural, rate, setting } from "./format.ts";
import { type Span, span } from "./frame.ts";
import { incompleteness } from "./polled.ts";

/** The figures of the whole machine. */
export function figures(snapshot: Snapshot): Span[] {
  const { stuck, lost } = snapshot;
  return [
    span(`stuck in CLOSE_WAIT (over ${setting(snapshot.stuckAfterMs)}): ${stuck}`, stuck > 0 ? "bad" : "good"),
    transitionsSpan(snapshot),
    ...(snapshot.source === "proc" && lost === 0 ? [] : [span(`lost ${lost}`, lost > 0 ? "warn" : "plain")]),
    span(`owners known ${percent(snapshot.attributed, snapshot.transitions)}`),
  ];
}

/** Nobody knows how many there were between two polls. */
function transitionsSpan({ source, transitionsPerSecond }: Snapshot): Span {
  return span(`${rate(transitionsPerSecond)} transitions/s${source === "proc" ? " seen by polls" : ""}`);
}

/** How many sockets are in each state; ESTABLISHED and CLOSE_WAIT even when none are. */
export function stateCounts(snapshot: Snapshot): Span[] {
  const spans: Span[] = [];
  for (const [state, number] of snapshot.states.entries()) {
    if (!isTcpState(state)) continue;
    if (number === 0 && state !== TCP.ESTABLISHED && state !== TCP.CLOSE_WAIT) continue;
    spans.push(span(`${stateName(state)} ${number}`, state === TCP.CLOSE_WAIT && number > 0 ? "warn" : "plain"));
  }
  return spans;
}

/** `bpf: bpftrace 0.17.0, full probes`. */
export function sourceText(snapshot: Snapshot): string {
  const detail = safeText(snapshot.sourceDetail);
  if (snapshot.source === null) return detail || "no source yet";
  return detail === "" ? snapshot.source : `${snapshot.source}: ${detail}`;
}

/** One sentence on what is wrong and whose it is. */
export function health(snapshot: Snapshot): Span {
  const guilty = snapshot.processes.filter((row) => row.stuck > 0);
  const first = guilty[0];
  if (first !== undefined) return span(verdict(first, guilty.length - 1), "bad");
  if (snapshot.stuck > 0 || (snapshot.unowned?.stuck ?? 0) > 0) {
    const sockets = plural(Math.max(snapshot.stuck, snapshot.unowned?.stuck ?? 0), "socket");
    return span(`${sockets} stuck in CLOSE_WAIT, owned by no process that we can see`, "bad");
  }
  const waiting = snapshot.states[TCP.CLOSE_WAIT] ?? 0;
  if (waiting === 0) return span("nothing is in CLOSE_WAIT", "good");
  return span(`nothing is stuck: ${waiting} in CLOSE_WAIT, none for ${setting(snapshot.stuckAfterMs)}`, "good");
}

/** What makes the numbers less than exact, a sentence each. */
export function caveats(snapshot: Snapshot): string[] {
  const { lost, gapMs, dropped } = snapshot;
  const lines: string[] = [];
  if (!snapshot.complete) lines.push(incompleteness(snapshot.unreadable));
  if (lost > 0)
    lines.push(`${plural(lost, "transition")} lost: the next survey of /proc mends the counts, not the rates`);
  if (gapMs > 0) lines.push(`nothing was traced for ${duration(gapMs)}: rates and ages may be too low`);
  if (dropped > 0)
    lines.push(`${plural(dropped, "socket or process", "sockets or processes")} not kept: a table was full`);
  return lines;
}

/** What the table says instead of rows. */
export function emptyText(snapshot: Snapshot): string {
  return snapshot.complete ? "no process has a TCP socket" : "no process that we can see has a TCP socket";
}

/** What the row `(unowned)` is. */
export const UNOWNED_NOTE = "(unowned): not owned by a process we can see";

function verdict(row: ProcessRow, others: number): string {
  const rest = others === 0 ? "" : `. ${plural(others, "more process has", "more processes have")} stuck sockets`;
  return `${blame(row)}${rest}`;
}
