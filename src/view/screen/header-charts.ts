import { formatCount, formatDuration } from "../../base/quantity.ts";
import type { SnapshotSeries } from "../../model/reports/snapshot.ts";
import { barChart } from "../format/chart.ts";
import { fit } from "../format/format.ts";
import { type Chart, type Line, type Size, type Span, type Style, span } from "../format/frame.ts";

const LEAST_COLUMNS = 72;
/** A smaller screen leaves no rows for charts. */
const LEAST_ROWS = 30;
const ROOMY_ROWS = 45;
const GAP = 2;
/** Two points of a line fit side by side in one column. */
const POINTS_A_COLUMN = 2;

interface Titled {
  readonly title: string;
  readonly values: readonly number[];
  readonly style: Style;
}

/**
 * Charts of the last minutes, side by side, each under a caption with its title, last value and peak. None when the
 * screen is too small or nothing has been counted yet.
 */
export function headerCharts(series: SnapshotSeries, { columns, rows }: Size, isFiltered: boolean): Line[] {
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) return [];
  const titled: Titled[] = [
    { title: "transitions/s", values: series.transitions, style: "good" },
    { title: `CLOSE_WAIT${isFiltered ? " (all)" : ""}`, values: series.closeWait, style: "warn" },
    { title: "TIME_WAIT/s", values: series.timeWaits, style: "plain" },
  ];
  if (titled.every(({ values }) => values.length < 2)) return [];
  const each = Math.floor((columns - (titled.length - 1) * GAP) / titled.length);
  const height = rows >= ROOMY_ROWS ? 4 : 3;
  const charts = titled.map(({ values, style }) => ({ spans: chartSpans(values, each, height, style) }));
  const captions = titled.map((one) => span(fit(caption(one, each), each, "left"), "dim"));
  const lines = Array.from({ length: height }, (_, row) => charts.flatMap(({ spans }) => spans[row] ?? []));
  return [captions, ...lines].map(apart);
}

function apart(spans: readonly Span[]): Line {
  return spans.flatMap((piece, index) => (index === 0 ? [piece] : [span(" ".repeat(GAP)), piece]));
}

function caption({ title, values }: Titled, columns: number): string {
  const shown = values.slice(-columns * POINTS_A_COLUMN);
  const brief = `${title} ${formatCount(shown.at(-1) ?? 0)} (peak ${formatCount(Math.max(0, ...shown))}`;
  const whole = `${brief} in the last ${formatDuration(shown.length * 1000)})`;
  return whole.length <= columns ? whole : `${brief})`;
}

function chartSpans(all: readonly number[], columns: number, rows: number, style: Style): Span[] {
  const values = all.slice(-columns * POINTS_A_COLUMN);
  const most = Math.max(1, ...values);
  const chart: Chart = { values, most, columns, rows };
  return barChart(pairs(values), columns, rows).map((text, row) => ({ text, style, chart: { chart, row } }));
}

/** The higher of each two values: a bar is a column wide, and two points share a column. */
function pairs(values: readonly number[]): number[] {
  const bars: number[] = [];
  for (let index = values.length; index > 0; index -= POINTS_A_COLUMN) {
    bars.unshift(Math.max(...values.slice(Math.max(0, index - POINTS_A_COLUMN), index)));
  }
  return bars;
}
