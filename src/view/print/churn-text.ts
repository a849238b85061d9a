import { formatCount, formatDuration, formatNumber, formatPlural, formatRate } from "../../base/quantity.ts";
import { formatAddress, formatEndpoint } from "../../model/net/address.ts";
import type {
  ChurnCount,
  ChurnReport,
  DestinationChurn,
  NamespaceChurn,
  TimeWaitCount,
} from "../../model/reports/churn-report.ts";
import { clip, fit, width } from "../format/format.ts";

const MAX_ROWS = 20;
const MAX_COMM = 24;
/** A destination with more of its ports in use gets a warning. */
const MUCH_IN_USE = 0.8;

/** The report for people: a summary, what will fail, then TIME_WAIT by process and by destination. */
export function churnText(report: ChurnReport): string {
  const paragraphs = [
    [summary(report), ...namespaceLines(report.namespaces)],
    report.destinations.map(portWarning).filter((line) => line !== null),
    processTable(report),
    destinationTable(report),
    caveats(report),
  ];
  const shown = paragraphs.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${shown.join("\n\n")}\n`;
}

function summary({ total, namespaces, entered, seconds }: ChurnReport): string {
  const speed = seconds > 0 ? `${formatRate(entered / seconds)} entered/s over ${formatDuration(seconds * 1000)}` : "";
  // A limit applies to one namespace.
  const shown = withTimeWaits(namespaces).length > 1 ? { ...total, limit: null } : total;
  return `TIME_WAIT: ${formatNumber(total.now)} now${kernelText(shown)}${speed === "" ? "" : `, ${speed}`}.`;
}

/** ` (5 still in FIN_WAIT2; kernel count 5,120, limit 131,072; 12 refused at the limit; 40 reused early)`. */
export function kernelText({ finWait2, kernel, limit, overflowed, recycled }: TimeWaitCount): string {
  const parts: string[] = [];
  if (finWait2 > 0) parts.push(`${formatNumber(finWait2)} still in FIN_WAIT2`);
  if (kernel !== null) {
    parts.push(`kernel count ${formatNumber(kernel)}${limit === null ? "" : `, limit ${formatNumber(limit)}`}`);
  }
  if (overflowed !== null && overflowed > 0) parts.push(`${formatNumber(overflowed)} refused at the limit`);
  if (recycled !== null && recycled > 0) parts.push(`${formatNumber(recycled)} reused early`);
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}

/** Only when several namespaces have sockets in TIME_WAIT. */
function namespaceLines(namespaces: readonly NamespaceChurn[]): string[] {
  const used = withTimeWaits(namespaces);
  if (used.length < 2) return [];
  return used
    .slice(0, MAX_ROWS)
    .map((one) => `  in network namespace ${one.netns}: ${formatNumber(one.now)}${kernelText(one)}`);
}

function withTimeWaits(namespaces: readonly NamespaceChurn[]): NamespaceChurn[] {
  return namespaces.filter(({ now, kernel }) => now > 0 || (kernel ?? 0) > 0);
}

/** Who runs out of ports toward this destination, and when; null while there are enough. */
export function portWarning(destination: DestinationChurn): string | null {
  const { source, address, port, ports, inUse, reusable, timeWait, exhaustedInMs, users } = destination;
  if (ports === null) return null;
  const taken = inUse - reusable;
  if (exhaustedInMs === null && taken < ports * MUCH_IN_USE) return null;
  const who = users[0] === undefined ? "connect()" : `${users[0].comm} (pid ${users[0].pid})`;
  const where = `to ${formatEndpoint(address, port)}`;
  const end =
    exhaustedInMs === null
      ? `${who} is running low on ports ${where}`
      : exhaustedInMs === 0
        ? `${who} gets EADDRNOTAVAIL ${where} now`
        : `${who} will get EADDRNOTAVAIL ${where} in ${formatDuration(exhaustedInMs)}`;
  const cure =
    timeWait * 2 > taken
      ? "keep connections open (pool, keep-alive), or let the other side close first"
      : "most are open connections: use fewer or close them";
  const used = `${formatNumber(taken)} of ${formatNumber(ports)} ports from ${formatAddress(source)} in use`;
  return `${end}: ${used}, ${formatNumber(timeWait)} in TIME_WAIT; ${cure}`;
}

interface Cell {
  readonly title: string;
  readonly align: "left" | "right";
}

function processTable({ processes, unowned, seconds }: ChurnReport): string[] {
  const row = (pid: string, comm: string, made: ChurnCount): string[] => {
    const speed = seconds > 0 ? formatRate(made.entered / seconds) : "-";
    return [pid, clip(comm, MAX_COMM), speed, formatCount(made.now)];
  };
  const rows = processes.slice(0, MAX_ROWS).map((process) => row(String(process.pid), process.comm, process));
  if (unowned !== null) rows.push(row("-", "(not seen closing)", unowned));
  if (rows.length === 0) return [];
  const cells: Cell[] = [
    { title: "PID", align: "right" },
    { title: "COMMAND", align: "left" },
    { title: "ENTERED/s", align: "right" },
    { title: "NOW", align: "right" },
  ];
  return [...columnLines(cells, rows), ...more(processes.length)];
}

function destinationTable({ destinations }: ChurnReport): string[] {
  if (destinations.length === 0) return [];
  const rows = destinations.slice(0, MAX_ROWS).map(destinationCells);
  return [...columnLines(DESTINATION_CELLS, rows), ...more(destinations.length)];
}

/** The columns of `destinationCells`. */
export const DESTINATION_CELLS: readonly Cell[] = [
  { title: "FROM", align: "left" },
  { title: "TO", align: "left" },
  { title: "WE", align: "left" },
  { title: "TIME_WAIT", align: "right" },
  { title: "IN USE", align: "right" },
  { title: "OF PORTS", align: "right" },
  { title: "FULL IN", align: "right" },
  { title: "BY", align: "left" },
];

/** From, to, whether we connect or listen, TIME_WAIT, ports in use, of how many, full in, by whom. */
export function destinationCells(destination: DestinationChurn): string[] {
  const { side, source, address, port, timeWait, inUse, ports, exhaustedInMs, users } = destination;
  const [first] = users;
  return [
    formatAddress(source),
    formatEndpoint(address, port),
    side === "client" ? "connect" : "listen",
    formatCount(timeWait),
    formatCount(inUse),
    ports === null ? "-" : formatNumber(ports),
    exhaustedInMs === null ? "-" : formatDuration(exhaustedInMs),
    first === undefined
      ? "-"
      : `${clip(first.comm, MAX_COMM)} (${first.pid})${users.length > 1 ? ` and ${users.length - 1} more` : ""}`,
  ];
}

function more(length: number): string[] {
  return length > MAX_ROWS ? [`(${formatNumber(length - MAX_ROWS)} more; --json lists all)`] : [];
}

/** The titles, then the rows, each column as wide as its widest cell, two spaces apart. */
export function columnLines(cells: readonly Cell[], rows: readonly (readonly string[])[]): string[] {
  const widths = cells.map(({ title }, index) => Math.max(width(title), ...rows.map((row) => width(row[index] ?? ""))));
  const line = (texts: readonly string[]): string =>
    cells
      .map(({ align }, index) => fit(texts[index] ?? "", widths[index] ?? 0, align))
      .join("  ")
      .trimEnd();
  return [line(cells.map(({ title }) => title)), ...rows.map(line)];
}

function caveats({ complete, lost, source, dropped }: ChurnReport): string[] {
  const lines: string[] = [];
  if (source === "proc") {
    lines.push("(without BPF, a process is named only if a poll of /proc saw its socket before it closed)");
  }
  if (dropped > 0) lines.push(`(${formatPlural(dropped, "TIME_WAIT", "TIME_WAIT")} not kept: table full)`);
  if (!complete) lines.push("(some processes could not be read; some owners may be missing)");
  if (lost > 0) lines.push(`(${formatPlural(lost, "transition")} lost: the owner of some TIME_WAIT may be unknown)`);
  return lines;
}
