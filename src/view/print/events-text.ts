import { formatNumber, formatPlural } from "../../base/quantity.ts";
import type { Loss } from "../../model/events/event.ts";
import { formatEndpoint } from "../../model/net/address.ts";
import { stateName } from "../../model/net/tcp-state.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";
import { clockTime } from "../format/time.ts";
import type { EventsSummary } from "./events-json.ts";
import { lostChangesText } from "../words/lost-changes.ts";

const MOST_KINDS = 8;

const COLUMNS = [15, 7, 15, 8, 21, 21, 11, 1, 11, 10] as const;

/** The line above the transitions. */
export const EVENTS_HEADER = line(
  ["TIME (UTC)", "PID", "COMMAND", "OWNER", "LOCAL", "REMOTE", "FROM", "", "TO", "MS"],
  "CAUSE",
);

/** One transition as a line for people; unknown values are `-`. */
export function transitionText(row: TransitionRow, wallMs: number): string {
  const { socket, owner, process } = row;
  const cells = [
    row.cause === "poll" ? foundBy(wallMs) : clockTime(wallMs),
    String(owner.pid ?? "-"),
    process?.comm ?? "-",
    owner.evidence,
    endpoint(socket.localAddress, socket.localPort),
    endpoint(socket.remoteAddress, socket.remotePort),
    stateName(row.from),
    "→",
    stateName(row.to),
    row.inState === null ? "-" : (row.inState / 1e6).toFixed(3),
  ];
  return line(cells, row.cause ?? "-");
}

/** The time of the poll that found it; it happened before. */
function foundBy(wallMs: number): string {
  return `≤${clockTime(wallMs).slice(0, -3)}`;
}

export function lostText(wallMs: number, count: number, where: Loss["where"]): string {
  const why = where === "bpf" ? "the tracer's buffer was full" : "the kernel skipped the BPF program";
  return `${clockTime(wallMs)} lost ${formatPlural(count, "transition")}: ${why}`;
}

export function gapText(wallMs: number, ms: number): string {
  return `${clockTime(wallMs)} nothing was traced for the last ${(ms / 1000).toFixed(1)} s: the tracer was down`;
}

/** The closing line, like that of tcpdump. */
export function summaryText(summary: Omit<EventsSummary, "total" | "changes">): string {
  const share =
    summary.transitions === 0 ? "" : ` (${((100 * summary.attributed) / summary.transitions).toFixed(1)} %)`;
  return (
    `${formatPlural(summary.transitions, "transition")} in ${summary.seconds.toFixed(1)} s, ${formatNumber(summary.lost)} lost, ` +
    `${formatNumber(summary.attributed)} with a known owner${share}, source ${summary.source ?? "none"}`
  );
}

/** The lost transitions by kind; null when none were lost, or their number is unknown. */
export function summaryLossText({ total, changes }: Pick<EventsSummary, "total" | "changes">): string | null {
  const kinds = lostChangesText(changes, MOST_KINDS);
  return kinds === "" || total === null
    ? null
    : `lost, of ${formatPlural(total, "transition")} counted by the kernel: ${kinds}`;
}

function endpoint(address: number | string, port: number): string {
  return port === 0 ? "-" : formatEndpoint(address, port);
}

function line(cells: readonly string[], last: string): string {
  return `${cells.map((cell, index) => cell.padEnd(COLUMNS[index] ?? 0)).join(" ")} ${last}`;
}
