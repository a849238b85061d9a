import { type Filter, MATCH_ALL } from "../filter/filter.ts";
import { SettledRows } from "./settled-rows.ts";
import type { Tables } from "./tables.ts";
import { transitionSubject } from "../sockets/subject.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/** How many rows wait to be settled before the log takes them by itself. */
const MOST_WAITING = 4096;

/** The last transitions that a filter takes, settled as `events` tells them. Holds `size` rows and no more. */
export class TransitionLog {
  readonly #tables: Tables;
  readonly #size: number;
  #waiting = new SettledRows();
  #pushed = 0;
  #rows: TransitionRow[] = [];
  #next = 0;
  #filter: Filter = MATCH_ALL;
  /** How many it has ever taken. */
  total = 0;

  constructor(tables: Tables, size: number) {
    this.#tables = tables;
    this.#size = size;
  }

  push(row: TransitionRow): void {
    this.#waiting.push(row);
    if (++this.#pushed >= MOST_WAITING) this.settle();
  }

  /** From here on only these; of those that are kept, too. */
  set filter(filter: Filter) {
    if (filter === this.#filter) return;
    const rows = this.rows();
    this.#filter = filter;
    this.#rows = filter.isEmpty ? [...rows] : rows.filter((row) => filter.matches(transitionSubject(row)));
    this.#next = 0;
  }

  /** Takes in what is settled by now. */
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
