import type { Cell, CellLine } from "./blessed-private.ts";
import type { Plot } from "./plot.ts";
import type { Theme } from "./theme.ts";
import { graphemes, width } from "../view/format/format.ts";
import type { Frame, Line, Span } from "../view/format/frame.ts";

export interface Look {
  readonly theme: Theme;
  readonly unicode: boolean;
  /** Draws charts in finer detail than their text does; null where that is impossible. */
  readonly plot: Plot | null;
}

/** What a terminal without Unicode shows in place of our own symbols. */
const PLAIN_SYMBOLS: Readonly<Record<string, string>> = {
  "▼": "v",
  "▲": "^",
  "▁": ".",
  "▂": ".",
  "▃": ":",
  "▄": ":",
  "▅": "|",
  "▆": "|",
  "▇": "#",
  "█": "#",
};
const PRINTABLE_ASCII = /^[\x20-\x7e]$/;
/* The view has already made these harmless: this is the last check before the terminal. */
const CONTROL = /\p{Cc}/u;
const LONGEST_GRAPHEME = 16;
/** Moves the cursor past the second half of a wide character. */
const STEP = "\x1b[C";

/**
 * Writes a frame into blessed's cells, without blessed's own parser: that takes braces for tags and measures characters
 * by a table from 2013. After each non-ASCII character the cursor is positioned explicitly, so that a terminal that
 * disagrees about its width cannot shift the rest of the row.
 */
export function paint(lines: readonly CellLine[], frame: Frame, look: Look): void {
  for (const [y, line] of lines.entries()) {
    const cells = lineCells(frame[y] ?? [], line.length, look);
    for (const [x, old] of line.entries()) {
      const cell = cells[x] ?? [look.theme.plain, " "];
      if (old[0] === cell[0] && old[1] === cell[1]) continue;
      line[x] = cell;
      line.dirty = true;
    }
  }
}

function lineCells(line: Line, columns: number, look: Look): Cell[] {
  const cells: Cell[] = [];
  for (const piece of line) {
    for (const grapheme of graphemes(textOf(piece, look.plot))) {
      const drawn = drawGrapheme(grapheme, cells.length, look.theme[piece.style], look.unicode);
      if (cells.length + drawn.length > columns) return cells;
      cells.push(...drawn);
    }
  }
  return cells;
}

function textOf({ text, chart }: Span, plot: Plot | null): string {
  return chart === undefined || plot === null ? text : (plot(chart.chart)[chart.row] ?? text);
}

function drawGrapheme(grapheme: string, x: number, attribute: number, unicode: boolean): Cell[] {
  if (PRINTABLE_ASCII.test(grapheme)) return [[attribute, grapheme]];
  const columns = Math.min(2, width(grapheme));
  if (columns === 0) return [];
  if (!unicode || CONTROL.test(grapheme)) {
    const substitute = PLAIN_SYMBOLS[grapheme] ?? "?";
    return Array.from({ length: columns }, (): Cell => [attribute, substitute]);
  }
  const lead: Cell = [attribute, `${grapheme.slice(0, LONGEST_GRAPHEME)}\x1b[${x + 2}G`];
  return columns === 2 ? [lead, [attribute, STEP]] : [lead];
}
