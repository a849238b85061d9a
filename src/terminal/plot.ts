import type { Chart } from "../view/frame.ts";
import type { BlessedScreen } from "./blessed-private.ts";
import { newContribLine } from "./contrib-line.ts";

/* What blessed-contrib's chart keeps around its line (lib/widget/charts/line.js): columns and rows of the widget, and dots. */
const MARGIN_COLUMNS = 16;
const MARGIN_ROWS = 5;
/* As many as the longest label has, or it would move the axis. */
const AXIS_DOTS = 20;
const AXIS_COLUMNS = 11;
const DOTS_A_COLUMN = 2;
const DOTS_A_ROW = 4;
// oxlint-disable-next-line no-control-regex -- it colours each dot
const SGR = /\x1b\[[\d;]*m/g;
const NOT_DOTS = /[^\u2800-\u28ff]/g;

/** Draws a chart as rows of text, each `columns` wide. */
export type Plot = (chart: Chart) => readonly string[];

/**
 * Lets blessed-contrib's line chart draw in braille. The widget is never put on the screen: we take what its canvas shows and
 * cut off the axes, for which a header has no room. Its colours are left out; the theme has its own.
 */
export function newPlot(screen: BlessedScreen): Plot {
  const drawn = new WeakMap<Chart, readonly string[]>();
  return (chart) => {
    let rows = drawn.get(chart);
    if (rows === undefined) drawn.set(chart, (rows = draw(screen, chart)));
    return rows;
  };
}

function draw(screen: BlessedScreen, { values, most, columns, rows }: Chart): string[] {
  const used = Math.min(columns, Math.ceil(values.length / DOTS_A_COLUMN));
  if (used === 0) return Array.from({ length: rows }, () => " ".repeat(columns));
  const line = newContribLine({
    screen,
    width: used + MARGIN_COLUMNS,
    height: rows + MARGIN_ROWS,
    // It puts its highest value two dots above the canvas.
    maxY: (most * (rows * DOTS_A_ROW + 1)) / (rows * DOTS_A_ROW - 1),
    xPadding: AXIS_DOTS,
    xLabelPadding: 1,
    numYLabels: 1,
    style: { line: "white", text: "white", baseline: "white" },
  });
  line.emit("attach");
  line.setData([{ x: values.map(() => ""), y: values }]);
  const picture = line.ctx._canvas.frame().replaceAll(SGR, "").split("\n");
  return Array.from({ length: rows }, (_, row) => {
    const dots = (picture[row] ?? "").slice(AXIS_COLUMNS, AXIS_COLUMNS + used).replaceAll(NOT_DOTS, " ");
    return dots.padEnd(used).padStart(columns);
  });
}
