import { clip, width } from "./format.ts";

/** How a piece of text looks; the terminal chooses the attributes, with or without colour. */
export type Style = "plain" | "bold" | "dim" | "warn" | "bad" | "good" | "inverse";

export interface Span {
  readonly text: string;
  readonly style: Style;
  /** The chart that this text is a row of; a capable terminal draws it in finer detail in the same columns. */
  readonly chart?: ChartRow;
}

interface ChartRow {
  /** Shared by all rows of the chart. */
  readonly chart: Chart;
  readonly row: number;
}

/** What a chart shows: numbers from 0 to `most`, oldest first. */
export interface Chart {
  readonly values: readonly number[];
  readonly most: number;
  readonly columns: number;
  readonly rows: number;
}

export type Line = readonly Span[];

/** A whole screen: at most as many lines as it has rows, each within its columns. */
export type Frame = readonly Line[];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A piece of text in a style. */
export function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}

/** Cuts a line to `columns`. */
export function clipLine(line: Line, columns: number): Line {
  const kept: Span[] = [];
  let left = columns;
  for (const piece of line) {
    if (left <= 0) break;
    const text = clip(piece.text, left);
    kept.push(text === piece.text ? piece : { text, style: piece.style });
    left -= width(text);
    if (text !== piece.text) break;
  }
  return kept;
}

/** Sets spans side by side, two spaces apart, on as many lines as they need. */
export function flow(spans: readonly Span[], columns: number): Line[] {
  const lines: Span[][] = [];
  let used = 0;
  for (const piece of spans) {
    const size = width(piece.text);
    const line = lines.at(-1);
    if (line === undefined || used + 2 + size > columns) {
      lines.push([piece]);
      used = size;
    } else {
      line.push(span("  "), piece);
      used += 2 + size;
    }
  }
  return lines.map((line) => clipLine(line, columns));
}

/** The line as text, without its styles. */
export function lineText(line: Line): string {
  return line.map((piece) => piece.text).join("");
}
