import { z } from "zod";
import { MAX_SOCKETS } from "../../model/net/limits.ts";

/** Rows of one shape. A line holds them as columns, which are shorter and compress better. */
export interface Table<Row> {
  /** In the order of the columns. */
  readonly keys: readonly (keyof Row & string)[];
  readonly row: z.ZodType<Row>;
  /** Rows on one line, so that no line is long. */
  readonly perLine: number;
}

/** A table's name, and some of its rows. */
export const rowsLine = z.object({ rows: z.string(), columns: z.array(z.array(z.unknown())) });
/** These rows are the same as in the previous event of this kind: `count` of them, starting at `from`. */
export const keepLine = z.object({
  keep: z.string(),
  from: z.number().int().min(0),
  count: z.number().int().min(1).max(MAX_SOCKETS),
});

/**
 * One survey in this many keeps no rows of an earlier one, for readers that have missed some; readers refuse a longer
 * chain.
 */
export const KEY_SURVEYS = 16;
/** How far ahead a row is searched for in the previous survey. */
const LOOK_AHEAD = 64;
/** A shorter run takes more space than its rows. */
const SHORTEST_RUN = 4;

/** The lines for `rows`; rows that are the same as in `before` are not repeated. */
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

/** Collects the rows of one table from its lines. Returns false for rows that do not fit its shape. */
export class RowReader<Row> {
  readonly #table: Table<Row>;
  rows: Row[] = [];
  #before: readonly Row[] = [];
  #wanted = 0;
  /** The end of the previous rows that have been kept so far. */
  #keptUntil = 0;

  constructor(table: Table<Row>) {
    this.#table = table;
  }

  /** Expects `wanted` rows; the rows collected before can be kept. */
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

  /** Keeps each row at most once and in order, so that a short file cannot make millions of rows. */
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
