import type { ChangeCount } from "../events/event.ts";
import { type TcpState, isTcpState } from "../net/tcp-state.ts";

/** Number of transitions between two states by the kernel's count, and how many of them were lost. */
export interface ChangeTotal extends ChangeCount {
  readonly lost: number;
}

/** Counts transitions by pair of states, including lost ones, of which the kernel reports the states. */
export class ChangeCounts {
  readonly #shown = new Float64Array(256);
  /** Index 0: transitions between rare or unknown states. */
  readonly #lost = new Float64Array(256);
  readonly #found = new Float64Array(256);

  shown(from: TcpState, to: TcpState): void {
    addTo(this.#shown, from, to, 1);
  }

  /** Counts a transition that was inferred; the kernel may report it as lost only later. */
  found(from: TcpState, to: TcpState): void {
    addTo(this.#found, from, to, 1);
  }

  lost({ from, to, count }: ChangeCount): void {
    addTo(this.#lost, from, to, count);
  }

  /**
   * Totals by pair of states, most lost first. What is left of `total` and `missing` becomes a row without states. If
   * lines were lost, inferred transitions count into that row: which lost line each one matches is only a guess.
   */
  totals(total = 0, missing = 0): ChangeTotal[] {
    const counted = this.#lost.some((count) => count > 0) ? this.#lost : this.#found;
    const rows: ChangeTotal[] = [];
    for (const [index, shown] of this.#shown.entries()) {
      const count = shown + (counted[index] ?? 0);
      const lost = Math.max(0, (this.#lost[index] ?? 0) - (this.#found[index] ?? 0));
      rows.push({ from: stateOf(index >> 4), to: stateOf(index & 15), count, lost });
    }
    const rest = { count: total - sumOf(rows, "count"), lost: missing - sumOf(rows, "lost") };
    const [first] = rows;
    if (first !== undefined)
      rows[0] = { ...first, count: first.count + Math.max(0, rest.count), lost: first.lost + Math.max(0, rest.lost) };
    return rows.filter(({ count }) => count > 0).toSorted((a, b) => b.lost - a.lost || b.count - a.count);
  }
}

function addTo(counts: Float64Array, from: TcpState | null, to: TcpState | null, count: number): void {
  const index = from === null || to === null ? 0 : (from << 4) | to;
  counts[index] = (counts[index] ?? 0) + count;
}

function sumOf(rows: readonly ChangeTotal[], key: "count" | "lost"): number {
  return rows.reduce((sum, row) => sum + row[key], 0);
}

function stateOf(number: number): TcpState | null {
  return isTcpState(number) ? number : null;
}
