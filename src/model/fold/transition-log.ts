import { type Filter, MATCH_ALL } from "../filter/filter.ts";
import { SettledRows } from "./settled-rows.ts";
import type { Tables } from "./tables.ts";
import { transitionSubject } from "../sockets/subject.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/** After this many pushed rows, the log settles by itself: otherwise rows pile up until the next frame. */
const MAX_WAITING = 4096;

/** The last `size` transitions that match a filter, settled as in the output of `events`. */
export class TransitionLog {
  readonly #tables: Tables;
  readonly #size: number;
  #waiting = new SettledRows();
  #pushed = 0;
  #rows: TransitionRow[] = [];
  #next = 0;
  #filter: Filter = MATCH_ALL;
  /** Number of rows ever added. */
  total = 0;

  constructor(tables: Tables, size: number) {
    this.#tables = tables;
    this.#size = size;
  }

  push(row: TransitionRow): void {
    this.#waiting.push(row);
    if (++this.#pushed >= MAX_WAITING) this.settle();
  }

  /** Applies to later rows and to those already kept. */
  set filter(filter: Filter) {
    if (filter === this.#filter) return;
    const rows = this.rows();
    this.#filter = filter;
    this.#rows = filter.isEmpty ? [...rows] : rows.filter((row) => filter.matches(transitionSubject(row)));
    this.#next = 0;
  }

  /** Adds the rows that have settled. */
  settle(): void {
    this.#pushed = 0;
    for (const row of this.#waiting.take(this.#tables)) {
      if (!this.#filter.isEmpty && !this.#filter.matches(transitionSubject(row))) continue;
      this.total++;
      if (this.#rows.length < this.#size) this.#rows.push(row);
      else {
        this.#rows[this.#next] = row;
        this.#next = (this.#next + 1) % this.#size;
      }
    }
  }

  /** Oldest first. */
  rows(): readonly TransitionRow[] {
    return [...this.#rows.slice(this.#next), ...this.#rows.slice(0, this.#next)];
  }
}
