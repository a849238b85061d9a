import type { SocketWish, TopSource } from "./top-asks.ts";
import type { Finding } from "../../../diagnosis/facts/finding.ts";
import type { Filter } from "../../../model/filter/filter.ts";
import type { Grouping } from "../../../model/lists/group.ts";
import { type GroupRow, buildGroups } from "../../../model/lists/build-groups.ts";
import { SocketList } from "../../../model/lists/build-sockets.ts";
import { type Timeline, buildTimeline } from "../../../model/lists/build-timeline.ts";
import type { ChurnReport } from "../../../model/reports/churn-report.ts";
import type { Snapshot } from "../../../model/reports/snapshot.ts";
import type { SocketWorld } from "../../../model/reports/socket-world.ts";
import { retakeSnapshot } from "../../../model/reports/build-snapshot.ts";
import type { Socket } from "../../../model/sockets/socket.ts";
import { transitionSubject } from "../../../model/sockets/subject.ts";
import type { TransitionRow } from "../../../model/sockets/transition-row.ts";
import type { TransitionRows } from "../../../view/state/top-data.ts";

interface Frozen {
  readonly world: SocketWorld;
  readonly rows: readonly TransitionRow[];
  readonly snapshot: Snapshot | null;
  readonly churn: ChurnReport | null;
  readonly findings: readonly Finding[];
  readonly stuckAfterMs: number;
}

/** What was to be seen at one moment: every view and every filter can be looked at. */
export class FrozenSource implements TopSource {
  readonly #frozen: Frozen;

  constructor(frozen: Frozen) {
    this.#frozen = frozen;
  }

  snapshot(filter: Filter): Snapshot | null {
    const { snapshot, world } = this.#frozen;
    return snapshot === null || filter.isEmpty ? snapshot : retakeSnapshot(snapshot, world, filter);
  }

  /** With a filter, those of the processes that it takes. */
  findings(filter: Filter): readonly Finding[] {
    const { findings } = this.#frozen;
    if (filter.isEmpty) return findings;
    const pids = new Set(this.snapshot(filter)?.processes.map(({ pid }) => pid));
    return findings.filter(({ pid }) => pid !== null && pids.has(pid));
  }

  churn(): ChurnReport | null {
    return this.#frozen.churn;
  }

  groups(by: Grouping, filter: Filter): readonly GroupRow[] {
    const { world, stuckAfterMs } = this.#frozen;
    return buildGroups(world, { by, filter, stuckAfterMs });
  }

  sockets(wish: SocketWish): SocketList {
    const { world, stuckAfterMs } = this.#frozen;
    return new SocketList(world, { ...wish, stuckAfterMs });
  }

  timeline(id: number): Timeline | null {
    const { world, rows } = this.#frozen;
    const socket = findSocket(id, world, rows);
    return socket === null ? null : buildTimeline(socket, world);
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

/** Among those that live, those whose descriptors are left, and those of the last transitions. */
export function findSocket(id: number, world: SocketWorld, rows: readonly TransitionRow[]): Socket | null {
  for (const socket of world.sockets) if (socket.id === id) return socket;
  for (const { socket } of world.leakedDescriptors) if (socket.id === id) return socket;
  return rows.findLast(({ socket }) => socket.id === id)?.socket ?? null;
}
