import type { Finding } from "../diagnosis/finding.ts";
import type { ChurnReport } from "../model/churn-report.ts";
import type { Filter } from "../model/filter.ts";
import type { Grouping } from "../model/group.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Socket } from "../model/socket.ts";
import type { SocketWorld } from "../model/socket-world.ts";
import { transitionSubject } from "../model/subject.ts";
import { type GroupRow, takeGroups } from "../model/take-groups.ts";
import { retakeSnapshot } from "../model/take-snapshot.ts";
import { SocketList } from "../model/take-sockets.ts";
import { takeTimeline, type Timeline } from "../model/take-timeline.ts";
import type { TransitionRow } from "../model/transition-row.ts";
import type { TransitionRows } from "../view/top-data.ts";
import type { SocketWish, TopSource } from "./top-asks.ts";

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
    return takeGroups(world, { by, filter, stuckAfterMs });
  }

  sockets(wish: SocketWish): SocketList {
    const { world, stuckAfterMs } = this.#frozen;
    return new SocketList(world, { ...wish, stuckAfterMs });
  }

  timeline(id: number): Timeline | null {
    const { world, rows } = this.#frozen;
    const socket = findSocket(id, world, rows);
    return socket === null ? null : takeTimeline(socket, world);
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
  for (const { socket } of world.vanished) if (socket.id === id) return socket;
  return rows.findLast(({ socket }) => socket.id === id)?.socket ?? null;
}
