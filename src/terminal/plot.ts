import type { BlessedScreen } from "./blessed-private.ts";
import { newContribLine } from "./contrib-line.ts";
import type { Chart } from "../view/format/frame.ts";

/*
 * The space that blessed-contrib's chart keeps around its line (lib/widget/charts/line.js), in columns, rows and dots.
 */
const MARGIN_COLUMNS = 17;
const MARGIN_ROWS = 5;
/* As wide as the longest label, which would move the axis otherwise. */
const AXIS_DOTS = 20;
const AXIS_COLUMNS = 11;
const DOTS_PER_COLUMN = 2;
const DOTS_PER_ROW = 4;
const BRAILLE = 0x2800;
/** The bits of the left and the right dots of a braille character, from the top row down. */
const DOTS: readonly (readonly number[])[] = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];
// oxlint-disable-next-line no-control-regex -- it colours each dot
const SGR = /\x1b\[[\d;]*m/g;

/** Draws a chart as rows of text, each `columns` wide. */
export type Plot = (chart: Chart) => readonly string[];

/**
 * Draws charts in braille with blessed-contrib's line chart. The widget is never put on the screen: we take the text of
 * its canvas, cut off the axes, for which a header has no room, and fill the area below the line. The theme sets the
 * colours.
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
  const used = Math.min(columns, Math.ceil(values.length / DOTS_PER_COLUMN));
  if (used === 0) return Array.from({ length: rows }, () => " ".repeat(columns));
  const line = newContribLine({
    screen,
    width: used + MARGIN_COLUMNS,
    height: rows + MARGIN_ROWS,
    // The widget draws its highest value two dots above the canvas.
    maxY: (most * (rows * DOTS_PER_ROW + 1)) / (rows * DOTS_PER_ROW - 1),
    xPadding: AXIS_DOTS,
    xLabelPadding: 1,
    numYLabels: 1,
    style: { line: "white", text: "white", baseline: "white" },
  });
  line.emit("attach");
  // One label for each dot makes the values one dot apart.
  line.setData([{ x: Array.from({ length: (used + 1) * DOTS_PER_COLUMN }, () => ""), y: values }]);
  const canvas = line.ctx._canvas.frame().replaceAll(SGR, "").split("\n");
  const cut = Array.from({ length: rows }, (_, row) =>
    (canvas[row] ?? "").slice(AXIS_COLUMNS, AXIS_COLUMNS + used).padEnd(used),
  );
  return filled(cut).map((text) => text.padStart(columns));
}

/** The same rows, with all dots below the line set. */
function filled(rows: readonly string[]): string[] {
  const isUnder = new Set<number>();
  return rows.map((text) =>
    Array.from(text, (char, column) => {
      const code = char.charCodeAt(0) - BRAILLE;
      const drawn = code >= 0 && code <= 0xff ? code : 0;
      let bits = 0;
      for (const [side, dots] of DOTS.entries()) {
        const x = column * DOTS_PER_COLUMN + side;
        for (const dot of dots) {
          if ((drawn & dot) !== 0) isUnder.add(x);
          if (isUnder.has(x)) bits |= dot;
        }
      }
      return bits === 0 ? " " : String.fromCharCode(BRAILLE + bits);
    }).join(""),
  );
}
