import { type SortValue, sortBy } from "../../base/order.ts";
import { formatCount, formatDuration, formatNumber, formatRate } from "../../base/quantity.ts";
import { type FilterSubject, NOTHING_KNOWN } from "../../model/filter/filter.ts";
import { TCP } from "../../model/net/tcp-state.ts";
import type { ChurnCount, ChurnReport, DestinationChurn, ProcessChurn } from "../../model/reports/churn-report.ts";
import { barChart } from "../format/chart.ts";
import { fit, wrap } from "../format/format.ts";
import { type Line, clipLine, span } from "../format/frame.ts";
import { DESTINATION_CELLS, columnLines, destinationCells, kernelText, portWarning } from "../print/churn-text.ts";
import { listOf, rowsOf } from "./table-view.ts";
import type { Scene, Tab } from "./view.ts";
import { question } from "../state/question.ts";
import { NO_LIST, type TopList, cursorIndex, firstOfPage } from "../state/top-list.ts";

const MOST_CHART_ROWS = 6;
/** The heading and one row of both tables. */
const LEAST_TABLES = 4;
const COMM_COLUMNS = { least: 10, most: 24 };
/** Width of the other columns of the process table, and the cursor. */
const NUMBER_COLUMNS = 29;

/** Sockets in TIME_WAIT, by process and by destination. */
export const CHURN = question<ChurnReport>({ name: "churn", ask: (source) => source.churn() });

/** Totals, warnings and a chart of TIME_WAIT, then tables by process and by destination. */
export const TIME_WAIT_VIEW: Tab = {
  id: "timeWait",
  name: "TIME_WAIT",
  help: "sockets in TIME_WAIT and free ports",
  about:
    "The processes that close first and so hold TIME_WAIT, their destinations, and the ports in use toward each. FULL IN: time until connect() fails with EADDRNOTAVAIL.",
  question: CHURN,
  order: "fastest first",
  sorts: () => CHURN_SORTS,
  list: processList,
  body: (scene, rows) => {
    const churn = CHURN.answerIn(scene.data);
    return churn === null ? [] : churnLines(churn, scene, rows);
  },
  copy: (scene) => {
    const churn = CHURN.answerIn(scene.data);
    if (churn === null) return null;
    const row = chosenProcesses(churn, scene)[cursorIndex(processList(scene, 4), scene.level)];
    const warning = churn.destinations.map(portWarning).find((text) => text !== null);
    if (row === undefined) return warning ?? null;
    const { comm, pid, now, enteredPerSecond } = row;
    return `${comm} (pid ${pid}): ${formatNumber(now)} in TIME_WAIT, ${formatRate(enteredPerSecond)} entered/s`;
  },
};

function processList(scene: Scene, lines: number): TopList {
  const churn = CHURN.answerIn(scene.data);
  if (churn === null) return NO_LIST;
  const rows = rowsOf(chosenProcesses(churn, scene), ({ pid }) => String(pid));
  return listOf(rows, Math.floor(lines / 4), ({ pid, comm }) => ({ kind: "process", pid, name: comm }));
}

function churnLines(report: ChurnReport, scene: Scene, rows: number): Line[] {
  const { columns } = scene.size;
  const head = [summaryLine(report), ...warningLines(report, columns)].slice(0, Math.max(1, rows - LEAST_TABLES));
  const chartRows = Math.min(MOST_CHART_ROWS, Math.floor((rows - head.length) / 4));
  const chart = chartRows < 2 ? [] : chartLines(report.history, columns, chartRows);
  const left = Math.max(0, rows - head.length - chart.length - (chartRows < 2 ? 0 : 1));
  const destinations = chosenDestinations(report, scene);
  const processes = chosenProcesses(report, scene);
  // Room for the heading and the unowned row.
  const around = report.unowned === null ? 1 : 2;
  const processLines = Math.max(around + 1, Math.min(processes.length + around, Math.floor(left / 2)));
  return [
    ...head,
    ...chart,
    ...processTable(processes, report.unowned, scene, processLines),
    ...(chartRows < 2 ? [] : [[]]),
    ...destinationTable(destinations, left - processLines),
  ]
    .slice(0, rows)
    .map((line) => clipLine(line, columns));
}

function summaryLine({ total, processes, unowned }: ChurnReport): Line {
  const speed = processes.reduce((sum, one) => sum + one.enteredPerSecond, unowned?.enteredPerSecond ?? 0);
  return [span(`TIME_WAIT ${formatNumber(total.now)}`, "bold"), span(`${kernelText(total)}, ${formatRate(speed)}/s`)];
}

function warningLines({ destinations }: ChurnReport, columns: number): Line[] {
  const warning = destinations.map(portWarning).find((text) => text !== null) ?? null;
  if (warning === null) return [[span("no destination is running out of ports", "good")]];
  return wrap(warning, columns, 3).map((text) => [span(text, "bad")]);
}

function chartLines(history: readonly number[], columns: number, rows: number): Line[] {
  const shown = history.slice(-columns);
  const window = formatDuration(shown.length * 1000);
  const peak = formatCount(Math.max(0, ...shown));
  const caption = `TIME_WAIT entries per second, last ${window} (peak ${peak})`;
  return [[span(caption, "dim")], ...barChart(history, columns, rows).map((text) => [span(text)])];
}

function processTable(
  processes: readonly ProcessChurn[],
  unowned: ChurnCount | null,
  scene: Scene,
  rows: number,
): Line[] {
  const cursor = cursorIndex(processList(scene, rows), scene.level);
  const page = rows - (unowned === null ? 1 : 2);
  const comm = Math.max(COMM_COLUMNS.least, Math.min(scene.size.columns - NUMBER_COLUMNS, COMM_COLUMNS.most));
  const first = firstOfPage(cursor, processes.length, page);
  const lines = processes.slice(first, first + page).map((process, index): Line => {
    const isCursor = first + index === cursor;
    const text = processCells(String(process.pid), process.comm, process, comm);
    return [span(isCursor ? ">" : " "), span(text, isCursor ? "inverse" : "plain")];
  });
  if (unowned !== null) lines.push([span(` ${processCells("-", "(not seen closing)", unowned, comm)}`)]);
  else if (processes.length === 0) lines.push([span(" no process closed a connection first")]);
  return [[span(` ${rowOf(["PID", "COMMAND", "ENTERED/s", "TIME_WAIT"], comm)}`, "dim")], ...lines];
}

function processCells(pid: string, name: string, { enteredPerSecond, now }: ChurnCount, comm: number): string {
  return rowOf([pid, name, formatRate(enteredPerSecond), formatCount(now)], comm);
}

function rowOf([pid, name, speed, now]: readonly [string, string, string, string], comm: number): string {
  return `${fit(pid, 7, "right")} ${fit(name, comm, "left")}${fit(speed, 10, "right")}${fit(now, 10, "right")}`;
}

function destinationTable(destinations: readonly DestinationChurn[], rows: number): Line[] {
  if (rows < 2) return [];
  const shown = destinations.slice(0, rows - 1);
  const [heading = "", ...lines] = columnLines(DESTINATION_CELLS, shown.map(destinationCells));
  return [
    [span(` ${heading}`, "dim")],
    ...lines.map((text, index): Line => [span(` ${text}`, pressure(shown[index]))]),
  ];
}

function pressure(destination: DestinationChurn | undefined): "bad" | "plain" {
  return destination !== undefined && portWarning(destination) !== null ? "bad" : "plain";
}

type Choice = Pick<Scene, "ui"> & { readonly data: Pick<Scene["data"], "filter"> };
type Order = Pick<Scene["level"], "sort" | "reverse">;

/** The sort columns of the processes. */
export const CHURN_SORTS: readonly { id: string; title: string; value: (row: ProcessChurn) => SortValue }[] = [
  { id: "pid", title: "PID", value: ({ pid }) => pid },
  { id: "comm", title: "COMMAND", value: ({ comm }) => comm },
  { id: "entered", title: "ENTERED/s", value: ({ enteredPerSecond }) => enteredPerSecond },
  { id: "now", title: "TIME_WAIT", value: ({ now }) => now },
];

/** The processes that match the filter, in the chosen order. */
export function chosenProcesses(
  report: ChurnReport,
  { level, ...choice }: Choice & { readonly level: Order },
): readonly ProcessChurn[] {
  const column = CHURN_SORTS.find(({ id }) => id === level.sort);
  const taken = takenProcesses(report, choice);
  const sorted = column === undefined ? taken : sortBy(taken, column.value);
  return level.reverse ? sorted.toReversed() : sorted;
}

/** A process matches by itself, or through a destination that it uses. */
function takenProcesses(report: ChurnReport, { ui, data }: Choice): readonly ProcessChurn[] {
  const { processes, destinations } = report;
  const suspects = new Set(destinations.filter(isShort).flatMap(({ users }) => users.map(({ pid }) => pid)));
  const suspicious = ui.onlySuspicious ? processes.filter(({ pid }) => suspects.has(pid)) : processes;
  if (data.filter.isEmpty) return suspicious;
  const chosen = new Set(chosenDestinations(report, { ui, data }).flatMap(({ users }) => users.map(({ pid }) => pid)));
  return suspicious.filter((row) => chosen.has(row.pid) || data.filter.matches(processSubject(row)));
}

/** The destinations that match the filter; with `a`, only those running out of ports. */
export function chosenDestinations({ destinations }: ChurnReport, { ui, data }: Choice): readonly DestinationChurn[] {
  const suspicious = ui.onlySuspicious ? destinations.filter(isShort) : destinations;
  if (data.filter.isEmpty) return suspicious;
  return suspicious.filter((one) => data.filter.matches(destinationSubject(one)));
}

function isShort(destination: DestinationChurn): boolean {
  return portWarning(destination) !== null;
}

/** A process has many tuples in TIME_WAIT, so a term on an address or a port matches none. */
function processSubject({ pid, comm }: ProcessChurn): FilterSubject {
  return { ...NOTHING_KNOWN, pids: [pid], names: [comm], states: [TCP.TIME_WAIT] };
}

/** The destination as seen from this side. */
function destinationSubject({ side, source, address, port, users }: DestinationChurn): FilterSubject {
  const client = { localAddress: source, localPort: 0, remoteAddress: address, remotePort: port };
  const server = { localAddress: address, localPort: port, remoteAddress: source, remotePort: 0 };
  const who = { pids: users.map(({ pid }) => pid), names: users.map(({ comm }) => comm) };
  return { ...NOTHING_KNOWN, ...who, ...(side === "client" ? client : server), states: [TCP.TIME_WAIT] };
}
