import type { ChangeCount } from "./event.ts";
import { isTcpState, type TcpState } from "./tcp-state.ts";

/** How often sockets went from one state to another, by the kernel's count, and how many of these were not shown. */
export interface ChangeTotal extends ChangeCount {
  readonly lost: number;
}

/** Counts transitions by pair of states. What is lost is counted, too: the kernel has told which it was. */
export class ChangeCounts {
  readonly #shown = new Float64Array(256);
  /** The first place is for those between rare states, and for those of which nothing is known. */
  readonly #lost = new Float64Array(256);

  shown(from: TcpState, to: TcpState): void {
    const place = (from << 4) | to;
    this.#shown[place] = (this.#shown[place] ?? 0) + 1;
  }

  /** One that was lost, or skipped, and has been found since. */
  found(from: TcpState, to: TcpState): void {
    const place = (from << 4) | to;
    this.shown(from, to);
    this.#lost[place] = Math.max(0, (this.#lost[place] ?? 0) - 1);
  }

  lost({ from, to, count }: ChangeCount): void {
    const place = from === null || to === null ? 0 : (from << 4) | to;
    this.#lost[place] = (this.#lost[place] ?? 0) + count;
  }

  /** All that there were, those that are missing most first. Where `missing` are missing in all, of the rest of them nothing is known. */
  totals(missing = 0): ChangeTotal[] {
    const rest = Math.max(0, missing - this.#lost.reduce((sum, lost) => sum + lost, 0));
    const rows: ChangeTotal[] = [];
    for (const [place, shown] of this.#shown.entries()) {
      const lost = (this.#lost[place] ?? 0) + (place === 0 ? rest : 0);
      if (shown + lost === 0) continue;
      rows.push({ from: stateOf(place >> 4), to: stateOf(place & 15), count: shown + lost, lost });
    }
    return rows.toSorted((a, b) => b.lost - a.lost || b.count - a.count);
  }
}

function stateOf(number: number): TcpState | null {
  return isTcpState(number) ? number : null;
}
