import type { SortValue } from "../../base/order.ts";
import { fit, width } from "./format.ts";
import { type Line, type Span, type Style, clipLine, span } from "./frame.ts";

/** The name of a user; undefined if unknown. */
export type UserName = (uid: number) => string | undefined;

/** A column of a table whose rows are at least a `Row`. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly align: "left" | "right";
  /** Width on the screen, in columns. */
  readonly min: number;
  readonly max: number;
  readonly cell: (row: Row, columns: number, userName: UserName) => string;
  readonly style?: (row: Row) => Style;
  /** What to sort by. */
  readonly value: (row: Row) => SortValue;
}

export interface Table<Row> {
  /** From left to right. */
  readonly columns: readonly Column<Row>[];
  /** The order in which columns are hidden when the terminal is narrow; all others always stay. */
  readonly hideOrder: readonly string[];
}

/** A column that fits, and its width on the screen. */
export interface Placed<Row> {
  readonly column: Column<Row>;
  readonly columns: number;
}

/** The part of a table on the screen. */
export interface TableView<Row> {
  readonly table: Table<Row>;
  readonly rows: readonly Row[];
  /** The index of the row under the cursor, counting fixed rows after the others; null for none. */
  readonly cursor: number | null;
  /** Rows that are always shown, below the others. */
  readonly fixed?: readonly Row[];
  readonly sort: string | null;
  readonly reverse: boolean;
  readonly userName: UserName;
}

/** Other columns shrink to show a text up to this width, but not for a longer one such as a command line. */
const LONG = 64;

/** The heading, then a line per row. The cursor is a `>` as well as a colour, for screens without colour. */
export function tableLines<Row>(view: TableView<Row>, columns: number): Line[] {
  const { table, rows, fixed = [], cursor, userName } = view;
  const placed = placeColumns(table, [...rows, ...fixed], columns - 1, userName);
  const lines = [headingLine(placed, view)];
  for (const [index, row] of rows.entries()) lines.push(rowLine(placed, row, index === cursor, userName));
  for (const [index, row] of fixed.entries())
    lines.push(rowLine(placed, row, rows.length + index === cursor, userName));
  return lines.map((line) => clipLine(line, columns));
}

function headingLine<Row>(placed: readonly Placed<Row>[], { sort, reverse }: TableView<Row>): Line {
  const line: Span[] = [];
  for (const { column, columns } of placed) {
    const sorted = column.id === sort;
    const mark = sorted ? (reverse ? "▲" : "▼") : "";
    line.push(span(" "), span(fit(column.title + mark, columns, column.align), sorted ? "bold" : "dim"));
  }
  return line;
}

function rowLine<Row>(placed: readonly Placed<Row>[], row: Row, cursor: boolean, userName: UserName): Line {
  const line: Span[] = [];
  for (const [index, { column, columns }] of placed.entries()) {
    const text = fit(column.cell(row, columns, userName), columns, column.align);
    line.push(span(index === 0 && cursor ? ">" : " ", cursor ? "inverse" : "plain"));
    line.push(span(text, cursor ? "inverse" : (column.style?.(row) ?? "plain")));
  }
  return line;
}

/**
 * Chooses the columns that fit in `available` (one space apart) by their least widths, so that they don't come and go
 * with their contents. Spare width goes to them from left to right; if it is too little, columns of short words shrink
 * below their least.
 */
export function placeColumns<Row>(
  table: Table<Row>,
  rows: readonly Row[],
  available: number,
  userName: UserName,
): Placed<Row>[] {
  const shown = visibleColumns(table, available);
  let left = available - needed(shown);
  const wanted = shown.map((column) => ({ column, most: natural(column, rows, userName) }));
  let lacking = wanted.reduce((sum, { column, most }) => sum + Math.max(0, Math.min(most, LONG) - column.min), -left);
  const given = wanted.map(({ column, most }) => {
    const spare = Math.max(0, Math.min(column.min - most, lacking));
    lacking -= spare;
    left += spare;
    return { column, most, columns: column.min - spare };
  });
  return given.map(({ column, most, columns }) => {
    const extra = Math.max(0, Math.min(left, most - columns));
    left -= extra;
    return { column, columns: columns + extra };
  });
}

function visibleColumns<Row>({ columns, hideOrder }: Table<Row>, available: number): readonly Column<Row>[] {
  let shown = columns;
  for (const id of hideOrder) {
    if (needed(shown) <= available) break;
    shown = shown.filter((column) => column.id !== id);
  }
  return shown;
}

function needed(columns: readonly { readonly min: number }[]): number {
  return columns.reduce((sum, column) => sum + column.min + 1, -1);
}

function natural<Row>(column: Column<Row>, rows: readonly Row[], userName: UserName): number {
  if (column.min === column.max) return column.min;
  // One more column for the sort mark.
  let most = width(column.title) + 1;
  for (const row of rows) most = Math.max(most, width(column.cell(row, column.max, userName)));
  return Math.min(most, column.max);
}

/** A column of numbers, of fixed width; `-` where the number is unknown. */
export function numberColumn<Row>(
  id: string,
  title: string,
  columns: number,
  value: (row: Row) => number | null | undefined,
  format: (value: number) => string,
): Column<Row> {
  const cell = (row: Row): string => {
    const known = value(row) ?? null;
    return known === null ? "-" : format(known);
  };
  return { id, title, align: "right", min: columns, max: columns, cell, value: (row) => value(row) ?? null };
}

/** A column of words, as wide as its contents from `min` to `max`. */
export function textColumn<Row>(
  id: string,
  title: string,
  min: number,
  max: number,
  value: (row: Row) => SortValue | undefined,
): Column<Row> {
  const cell = (row: Row): string => String(value(row) ?? "-");
  return { id, title, align: "left", min, max, cell, value: (row) => value(row) ?? null };
}
