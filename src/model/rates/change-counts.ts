import type { ChangeCount } from "../events/event.ts";
import { type TcpState, isTcpState } from "../net/tcp-state.ts";

/** How often sockets went from one state to another, by the kernel's count, and how many of these were not shown. */
export interface ChangeTotal extends ChangeCount {
  readonly lost: number;
}

/** Counts transitions by pair of states. What is lost is counted, too: the kernel has told which it was. */
export class ChangeCounts {
  readonly #shown = new Float64Array(256);
  /** The first place is for those between rare states, and for those of which nothing is known. */
  readonly #lost = new Float64Array(256);
  readonly #found = new Float64Array(256);

  shown(from: TcpState, to: TcpState): void {
    addTo(this.#shown, from, to, 1);
  }

  /** One that was skipped, or lost, which the kernel may tell only afterwards. */
  found(from: TcpState, to: TcpState): void {
    addTo(this.#found, from, to, 1);
  }

  lost({ from, to, count }: ChangeCount): void {
    addTo(this.#lost, from, to, count);
  }

  /**
   * All that there were, those that are missing most first. Of `total` and `missing` in all, the rest is without states. Where
   * lines were lost, what was found is in that rest: which of the lost ones it was is a guess, and the kernel's counts are none.
   */
  totals(total = 0, missing = 0): ChangeTotal[] {
    const counted = this.#lost.some((count) => count > 0) ? this.#lost : this.#found;
    const rows: ChangeTotal[] = [];
    for (const [place, shown] of this.#shown.entries()) {
      const count = shown + (counted[place] ?? 0);
      const lost = Math.max(0, (this.#lost[place] ?? 0) - (this.#found[place] ?? 0));
      rows.push({ from: stateOf(place >> 4), to: stateOf(place & 15), count, lost });
    }
    const rest = { count: total - sumOf(rows, "count"), lost: missing - sumOf(rows, "lost") };
    const [first] = rows;
    if (first !== undefined)
      rows[0] = { ...first, count: first.count + Math.max(0, rest.count), lost: first.lost + Math.max(0, rest.lost) };
    return rows.filter(({ count }) => count > 0).toSorted((a, b) => b.lost - a.lost || b.count - a.count);
  }
}

function addTo(counts: Float64Array, from: TcpState | null, to: TcpState | null, count: number): void {
  const place = from === null || to === null ? 0 : (from << 4) | to;
  counts[place] = (counts[place] ?? 0) + count;
}

function sumOf(rows: readonly ChangeTotal[], key: "count" | "lost"): number {
  return rows.reduce((sum, row) => sum + row[key], 0);
}

function stateOf(number: number): TcpState | null {
  return isTcpState(number) ? number : null;
}
