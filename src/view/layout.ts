import { type Column, COLUMNS, HIDE_ORDER, type Row, type UserName } from "./columns.ts";
import { width } from "./format.ts";

/** A column that fits, and how many columns of the screen it got. */
export interface Placed {
  readonly column: Column;
  readonly columns: number;
}

/** Chooses the columns that fit in `available` (one space apart) and shares out what is left to those that can use it. */
export function placeColumns(rows: readonly Row[], available: number, userName: UserName): Placed[] {
  const shown = visibleColumns(available);
  let left = available - needed(shown);
  return shown.map((column) => {
    const extra = Math.max(0, Math.min(left, natural(column, rows, userName) - column.min));
    left -= extra;
    return { column, columns: column.min + extra };
  });
}

function visibleColumns(available: number): readonly Column[] {
  let shown = COLUMNS;
  for (const id of HIDE_ORDER) {
    if (needed(shown) <= available) break;
    shown = shown.filter((column) => column.id !== id);
  }
  return shown;
}

function needed(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.min + 1, -1);
}

function natural(column: Column, rows: readonly Row[], userName: UserName): number {
  if (column.min === column.max) return column.min;
  let most = column.min;
  for (const row of rows) most = Math.max(most, width(column.cell(row, column.max, userName)));
  return Math.min(most, column.max);
}
