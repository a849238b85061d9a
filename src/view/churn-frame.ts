import type { ChurnCount, ChurnReport, DestinationChurn, ProcessChurn } from "../model/churn-report.ts";
import { barChart } from "./chart.ts";
import { columnLines, DESTINATION_CELLS, destinationCells, kernelText, portWarning } from "./churn-text.ts";
import { count, duration, fit, rate, wrap } from "./format.ts";
import { clipLine, type Line, type Size, span } from "./frame.ts";
import { cursorIndex } from "./top-rows.ts";
import type { TopUi } from "./top-ui.ts";

const MOST_CHART_ROWS = 6;
/** A heading and a row of each table. */
const LEAST_TABLES = 4;
const COMM_COLUMNS = 24;

/** The view of TIME_WAIT: how much, what will fail, a chart, then by process and by destination. */
export function churnLines(report: ChurnReport, ui: TopUi, { columns }: Size, rows: number): Line[] {
  const head = [summaryLine(report), ...warningLines(report, columns)].slice(0, Math.max(1, rows - LEAST_TABLES));
  const chartRows = Math.min(MOST_CHART_ROWS, Math.floor((rows - head.length) / 4));
  const chart = chartRows < 2 ? [] : chartLines(report.history, columns, chartRows);
  const left = Math.max(0, rows - head.length - chart.length - (chartRows < 2 ? 0 : 1));
  const destinations = chosenDestinations(report, ui);
  const processes = chosenProcesses(report, ui);
  const processRows = Math.max(2, Math.min(processes.length + (report.unowned === null ? 1 : 2), Math.floor(left / 2)));
  return [
    ...head,
    ...chart,
    ...processTable(processes, report.unowned, ui, processRows),
    ...(chartRows < 2 ? [] : [[]]),
    ...destinationTable(destinations, left - processRows),
  ]
    .slice(0, rows)
    .map((line) => clipLine(line, columns));
}

/** The processes of the view, in its order. */
export function chosenProcesses({ processes }: ChurnReport, ui: TopUi): readonly ProcessChurn[] {
  const needle = ui.filter.toLowerCase();
  return processes.filter(({ comm, pid }) => comm.toLowerCase().includes(needle) || String(pid).includes(needle));
}

function chosenDestinations({ destinations }: ChurnReport, ui: TopUi): readonly DestinationChurn[] {
  if (ui.filter === "") return destinations;
  const needle = ui.filter.toLowerCase();
  return destinations.filter((one) => destinationCells(one).some((cell) => cell.toLowerCase().includes(needle)));
}

function summaryLine({ total, processes, unowned }: ChurnReport): Line {
  const speed = processes.reduce((sum, one) => sum + one.enteredPerSecond, unowned?.enteredPerSecond ?? 0);
  return [span(`TIME_WAIT ${total.now}`, "bold"), span(`${kernelText(total)}, ${rate(speed)} entered a second`)];
}

function warningLines({ destinations }: ChurnReport, columns: number): Line[] {
  const warning = destinations.map(portWarning).find((text) => text !== null) ?? null;
  if (warning === null) return [[span("ports enough toward every destination", "good")]];
  return wrap(warning, columns, 3).map((text) => [span(text, "bad")]);
}

function chartLines(history: readonly number[], columns: number, rows: number): Line[] {
  const shown = history.slice(-columns);
  const span_ = duration(shown.length * 1000);
  const caption = `entered in each of the last ${span_}, at most ${count(Math.max(0, ...shown))}`;
  return [[span(caption, "dim")], ...barChart(history, columns, rows).map((text) => [span(text)])];
}

function processTable(processes: readonly ProcessChurn[], unowned: ChurnCount | null, ui: TopUi, rows: number): Line[] {
  const cursor = cursorIndex(
    processes.map(({ pid }) => pid),
    ui,
  );
  const page = rows - (unowned === null ? 1 : 2);
  const first = Math.max(0, Math.min(cursor - Math.floor(page / 2), processes.length - page));
  const lines = processes.slice(first, first + page).map((process, index): Line => {
    const isCursor = first + index === cursor;
    const text = processCells(String(process.pid), process.comm, process);
    return [span(isCursor ? ">" : " "), span(text, isCursor ? "inverse" : "plain")];
  });
  if (unowned !== null) lines.push([span(` ${processCells("-", "(not seen closing)", unowned)}`)]);
  else if (processes.length === 0) lines.push([span(" no process has closed a connection first")]);
  return [[span(` ${rowOf("PID", "COMMAND", "ENTERED/s", "TIME_WAIT")}`, "dim")], ...lines];
}

function processCells(pid: string, comm: string, { enteredPerSecond, now }: ChurnCount): string {
  return rowOf(pid, comm, rate(enteredPerSecond), count(now));
}

function rowOf(pid: string, comm: string, speed: string, now: string): string {
  return `${fit(pid, 7, "right")} ${fit(comm, COMM_COLUMNS, "left")}${fit(speed, 10, "right")}${fit(now, 10, "right")}`;
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
