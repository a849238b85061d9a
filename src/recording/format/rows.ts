import { z } from "zod";
import { MAX_SOCKETS } from "../../model/net/limits.ts";

/** Rows of one shape; on a line they stand as columns, which are shorter and compress better. */
export interface Table<Row> {
  /** In the order of the columns. */
  readonly keys: readonly (keyof Row & string)[];
  readonly row: z.ZodType<Row>;
  /** Rows on one line, so that no line is long. */
  readonly perLine: number;
}

/** A name for each table, and its rows. */
export const rowsLine = z.object({ rows: z.string(), columns: z.array(z.array(z.unknown())) });
/** So many rows from there on are those of the event of this kind before. */
export const keepLine = z.object({
  keep: z.string(),
  from: z.number().int().min(0),
  count: z.number().int().min(1).max(MAX_SOCKETS),
});

/** After so many surveys one stands by itself again, for who has missed one; readers take no longer chain. */
export const KEY_SURVEYS = 16;
/** How far ahead a row is looked for among those of the survey before. */
const LOOK_AHEAD = 64;
/** A shorter run costs more than its rows. */
const SHORTEST_RUN = 4;

/** Lines for `rows`: only those that differ from `before` where that is given. */
export function* rowLines<Row>(
  name: string,
  { keys, perLine }: Table<Row>,
  rows: readonly Row[],
  before: readonly Row[] = [],
): Generator<string, void, void> {
  let fresh: Row[] = [];
  const flush = function* (): Generator<string, void, void> {
    if (fresh.length > 0)
      yield JSON.stringify({ rows: name, columns: keys.map((key) => fresh.map((row) => row[key])) });
    fresh = [];
  };
  let next = 0;
  for (let at = 0; at < rows.length;) {
    const from = findRow(rows[at], before, next, keys);
    const count = from < 0 ? 0 : runLength(rows, at, before, from, keys);
    if (count >= SHORTEST_RUN) {
      yield* flush();
      yield JSON.stringify({ keep: name, from, count });
      next = from + count;
      at += count;
      continue;
    }
    const row = rows[at++];
    if (row !== undefined) fresh.push(row);
    if (fresh.length >= perLine) yield* flush();
  }
  yield* flush();
}

function findRow<Row>(
  row: Row | undefined,
  before: readonly Row[],
  next: number,
  keys: readonly (keyof Row)[],
): number {
  for (let at = next; at < Math.min(next + LOOK_AHEAD, before.length); at++) {
    if (isSame(row, before[at], keys)) return at;
  }
  return -1;
}

function runLength<Row>(
  rows: readonly Row[],
  at: number,
  before: readonly Row[],
  from: number,
  keys: readonly (keyof Row)[],
): number {
  let count = 1;
  while (at + count < rows.length && isSame(rows[at + count], before[from + count], keys)) count++;
  return count;
}

function isSame<Row>(one: Row | undefined, other: Row | undefined, keys: readonly (keyof Row)[]): boolean {
  if (one === undefined || other === undefined || one === null || other === null) return false;
  for (const key of keys) if (one[key] !== other[key]) return false;
  return true;
}

/** Collects the rows of one table from its lines. Rows that do not fit its shape are refused, by false. */
export class RowReader<Row> {
  readonly #table: Table<Row>;
  rows: Row[] = [];
  #before: readonly Row[] = [];
  #wanted = 0;
  /** Where the rows before end that have been kept. */
  #keptUntil = 0;

  constructor(table: Table<Row>) {
    this.#table = table;
  }

  /** So many rows are to come; what was there can be kept. */
  start(wanted: number): void {
    this.#before = this.rows;
    this.rows = [];
    this.#wanted = wanted;
    this.#keptUntil = 0;
  }

  get isWhole(): boolean {
    return this.rows.length === this.#wanted;
  }

  add(columns: readonly (readonly unknown[])[]): boolean {
    const { keys, row } = this.#table;
    const count = columns[0]?.length ?? 0;
    if (columns.length !== keys.length || this.rows.length + count > this.#wanted) return false;
    if (columns.some((column) => column.length !== count)) return false;
    for (let at = 0; at < count; at++) {
      const parsed = row.safeParse(Object.fromEntries(keys.map((key, index) => [key, columns[index]?.[at]])));
      if (!parsed.success) return false;
      this.rows.push(parsed.data);
    }
    return true;
  }

  /** Keeps no row twice and none out of order: rows do not multiply. */
  keep(from: number, count: number): boolean {
    if (from < this.#keptUntil || from + count > this.#before.length || this.rows.length + count > this.#wanted)
      return false;
    this.#keptUntil = from + count;
    for (let at = from; at < from + count; at++) {
      const row = this.#before[at];
      if (row !== undefined) this.rows.push(row);
    }
    return true;
  }
}
