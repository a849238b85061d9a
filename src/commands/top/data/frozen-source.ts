import type { Finding } from "../../../diagnosis/facts/finding.ts";
import type { Filter } from "../../../model/filter/filter.ts";
import type { ChurnReport } from "../../../model/reports/churn-report.ts";
import type { Snapshot } from "../../../model/reports/snapshot.ts";
import type { SocketWorld } from "../../../model/reports/socket-world.ts";
import { retakeSnapshot } from "../../../model/reports/build-snapshot.ts";
import type { Socket } from "../../../model/sockets/socket.ts";
import { transitionSubject } from "../../../model/sockets/subject.ts";
import type { TransitionRow } from "../../../model/sockets/transition-row.ts";
import type { TopSource, TransitionRows } from "../../../view/state/top-source.ts";

interface Frozen {
  readonly world: SocketWorld;
  readonly rows: readonly TransitionRow[];
  readonly snapshot: Snapshot | null;
  readonly churn: ChurnReport | null;
  readonly findings: readonly Finding[];
  readonly stuckAfterMs: number;
}

/** The state at one moment, in which every view and filter still works. */
export class FrozenSource implements TopSource {
  readonly #frozen: Frozen;

  constructor(frozen: Frozen) {
    this.#frozen = frozen;
  }

  get world(): SocketWorld {
    return this.#frozen.world;
  }

  get stuckAfterMs(): number {
    return this.#frozen.stuckAfterMs;
  }

  snapshot(filter: Filter): Snapshot | null {
    const { snapshot, world } = this.#frozen;
    return snapshot === null || filter.isEmpty ? snapshot : retakeSnapshot(snapshot, world, filter);
  }

  /** With a filter, only the findings of processes that match. */
  findings(filter: Filter): readonly Finding[] {
    const { findings } = this.#frozen;
    if (filter.isEmpty) return findings;
    const pids = new Set(this.snapshot(filter)?.processes.map(({ pid }) => pid));
    return findings.filter(({ pid }) => pid !== null && pids.has(pid));
  }

  churn(): ChurnReport | null {
    return this.#frozen.churn;
  }

  socket(id: number): Socket | null {
    const { world, rows } = this.#frozen;
    return findSocket(id, world, rows);
  }

  transitions(filter: Filter): TransitionRows {
    const { world, rows } = this.#frozen;
    const chosen = filter.isEmpty ? rows : rows.filter((row) => filter.matches(transitionSubject(row)));
    return { rows: chosen, wallMs: world.wallMs };
  }

  progress(): { readonly wallMs: number; readonly transitions: number } {
    const { snapshot } = this.#frozen;
    return { wallMs: snapshot?.wallMs ?? 0, transitions: snapshot?.transitions ?? 0 };
  }

  freeze(): TopSource {
    return this;
  }
}

/** Searches the live sockets, the leaked descriptors and the last transitions. */
export function findSocket(id: number, world: SocketWorld, rows: readonly TransitionRow[]): Socket | null {
  for (const socket of world.sockets) if (socket.id === id) return socket;
  for (const { socket } of world.leakedDescriptors) if (socket.id === id) return socket;
  return rows.findLast(({ socket }) => socket.id === id)?.socket ?? null;
}
