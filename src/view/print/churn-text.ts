import { formatCount, formatDuration, formatPlural, formatRate } from "../../base/quantity.ts";
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
/** From here on a destination's ports are worth a warning. */
const MUCH_IN_USE = 0.8;

/** The report for people: a summary, what will fail, then who makes TIME_WAIT and toward whom. */
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
  const speed =
    seconds > 0 ? `${formatRate(entered / seconds)} entered a second over ${formatDuration(seconds * 1000)}` : "";
  // A limit holds for one namespace.
  const shown = withTimeWaits(namespaces).length > 1 ? { ...total, limit: null } : total;
  return `TIME_WAIT: ${total.now} now${kernelText(shown)}${speed === "" ? "" : `, ${speed}`}.`;
}

/** ` (5 in FIN_WAIT2; the kernel counts 5120, at most 131072; 12 refused at the limit; 40 reused early)`. */
export function kernelText({ finWait2, kernel, limit, overflowed, recycled }: TimeWaitCount): string {
  const parts: string[] = [];
  if (finWait2 > 0) parts.push(`${finWait2} in FIN_WAIT2 still`);
  if (kernel !== null) parts.push(`the kernel counts ${kernel}${limit === null ? "" : ` of at most ${limit}`}`);
  if (overflowed !== null && overflowed > 0) parts.push(`${overflowed} refused at the limit`);
  if (recycled !== null && recycled > 0) parts.push(`${recycled} reused early`);
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}

/** Only where there are several with something in them. */
function namespaceLines(namespaces: readonly NamespaceChurn[]): string[] {
  const used = withTimeWaits(namespaces);
  if (used.length < 2) return [];
  return used.slice(0, MAX_ROWS).map((one) => `  in network namespace ${one.netns}: ${one.now}${kernelText(one)}`);
}

function withTimeWaits(namespaces: readonly NamespaceChurn[]): NamespaceChurn[] {
  return namespaces.filter(({ now, kernel }) => now > 0 || (kernel ?? 0) > 0);
}

/** What happens to connect() toward this destination, and to whom; null while there are ports enough. */
export function portWarning(destination: DestinationChurn): string | null {
  const { source, address, port, ports, inUse, reusable, timeWait, exhaustedInMs, users } = destination;
  if (ports === null) return null;
  const taken = inUse - reusable;
  if (exhaustedInMs === null && taken < ports * MUCH_IN_USE) return null;
  const who = users[0] === undefined ? "connect()" : `${users[0].comm} (pid ${users[0].pid})`;
  const where = `toward ${formatEndpoint(address, port)}`;
  const end =
    exhaustedInMs === null
      ? `${who} is short of ports ${where}`
      : exhaustedInMs === 0
        ? `${who} gets EADDRNOTAVAIL ${where} now`
        : `${who} will get EADDRNOTAVAIL ${where} in ${formatDuration(exhaustedInMs)}`;
  const cure =
    timeWait * 2 > taken
      ? "keep connections open (pool, keep-alive), or let the other side close first"
      : "most are open connections: use fewer, or close them";
  return `${end}: ${taken} of ${ports} ports from ${formatAddress(source)} taken, ${timeWait} in TIME_WAIT; ${cure}`;
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
    ports === null ? "-" : String(ports),
    exhaustedInMs === null ? "-" : formatDuration(exhaustedInMs),
    first === undefined
      ? "-"
      : `${clip(first.comm, MAX_COMM)} (${first.pid})${users.length > 1 ? ` and ${users.length - 1} more` : ""}`,
  ];
}

function more(length: number): string[] {
  return length > MAX_ROWS ? [`(${length - MAX_ROWS} more: --json has all)`] : [];
}

/** The titles, then the rows, in columns as wide as their widest cell, two spaces apart. */
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
    lines.push("(without BPF: only processes whose sockets a poll of /proc saw before they closed are named)");
  }
  if (dropped > 0) lines.push(`(${formatPlural(dropped, "TIME_WAIT", "TIME_WAIT")} not kept: a table was full)`);
  if (!complete) lines.push("(some processes could not be read)");
  if (lost > 0) lines.push(`(${formatPlural(lost, "transition")} lost: some TIME_WAIT may be charged to nobody)`);
  return lines;
}
