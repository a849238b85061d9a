import { SeededMap } from "../../base/seeded-map.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";

const MINUTE_MS = 60_000;
const STEP_MS = 1000;

/** The counters at the last reset (`z`). */
export interface Mark {
  readonly wallMs: number;
  readonly transitions: number;
  readonly lost: number;
  readonly attributed: number;
  readonly states: readonly number[];
  readonly byPid: SeededMap<number, number>;
}

export function markOf(snapshot: Snapshot): Mark {
  const { wallMs, transitions, lost, attributed, states, processes } = snapshot;
  const byPid = new SeededMap<number, number>();
  for (const { pid, transitions: count } of processes) byPid.set(pid, count);
  return { wallMs, transitions, lost, attributed, states, byPid };
}

/** How the counts by state have changed, and over how long. */
export interface CountDelta {
  readonly states: readonly number[];
  readonly ms: number;
}

type Sample = Pick<Snapshot, "wallMs" | "states">;

/** The counts by state of the last minute, a sample a second. */
export class StateTrail {
  #samples: Sample[] = [];

  add({ wallMs, states }: Snapshot): void {
    const last = this.#samples.at(-1);
    // Seeking back in a recording restarts the trail.
    if (last !== undefined && wallMs < last.wallMs) this.#samples = [];
    if (last !== undefined && wallMs >= last.wallMs && wallMs - last.wallMs < STEP_MS) return;
    this.#samples.push({ wallMs, states });
    while ((this.#samples[1]?.wallMs ?? Infinity) <= wallMs - MINUTE_MS) this.#samples.shift();
  }

  /** Since the mark, or else over the last minute or since the start, whichever is shorter. */
  change(snapshot: Snapshot, mark: Mark | null): CountDelta | null {
    const from = mark ?? this.#samples[0];
    if (from === undefined) return null;
    const states = snapshot.states.map((number, state) => number - (from.states[state] ?? 0));
    return { states, ms: Math.max(0, snapshot.wallMs - from.wallMs) };
  }
}
