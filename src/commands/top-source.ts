import type { Finding } from "../diagnosis/finding.ts";
import type { ChurnReport } from "../model/churn-report.ts";
import { type Filter, MATCH_ALL } from "../model/filter.ts";
import type { Grouping } from "../model/group.ts";
import type { Model } from "../model/model.ts";
import { keepPassage } from "../model/passage.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Socket } from "../model/socket.ts";
import { frozenWorld, liveWorld, type SocketWorld } from "../model/socket-world.ts";
import { takeChurn } from "../model/take-churn.ts";
import { type GroupRow, takeGroups } from "../model/take-groups.ts";
import { retakeSnapshot, takeSnapshot } from "../model/take-snapshot.ts";
import { sieveFor, type SocketChoice, SocketList, type SocketsOf } from "../model/take-sockets.ts";
import { transitionSubject } from "../model/subject.ts";
import { takeTimeline, type Timeline } from "../model/take-timeline.ts";
import { TransitionLog } from "../model/transition-log.ts";
import type { TransitionRow } from "../model/transition-row.ts";
import type { TransitionRows } from "../view/top-data.ts";
import { RecentDiagnosis } from "./recent-diagnosis.ts";

const MOST_TRANSITIONS = 500;

export type SocketWish = Omit<SocketChoice, "stuckAfterMs">;

/** What the screen asks of the model. Each answer is of the moment of the question; nothing is worked out unasked. */
export interface TopSource {
  /** Null before anything is known. */
  snapshot(filter: Filter): Snapshot | null;
  /** The worst first. */
  findings(filter: Filter): readonly Finding[];
  churn(): ChurnReport | null;
  groups(by: Grouping, filter: Filter): readonly GroupRow[];
  sockets(wish: SocketWish): SocketList;
  /** Null: there is no such socket any more. */
  timeline(id: number): Timeline | null;
  transitions(filter: Filter): TransitionRows;
  /** The clock of the events, Unix epoch, and how many transitions there have been. */
  progress(): { readonly wallMs: number; readonly transitions: number };
  /** The same, standing still. */
  freeze(): TopSource;
}

/** What may be on a list, as of the moment after so many transitions. */
interface Found {
  readonly of: SocketsOf;
  readonly at: number;
  readonly transitions: number;
  readonly sockets: readonly Socket[];
}

/** A model that goes on. */
export class ModelSource implements TopSource {
  readonly #stuckAfterMs: number;
  #model: Model;
  #log: TransitionLog;
  readonly #diagnosis: RecentDiagnosis;
  /** Of what a list was asked for last: the next snapshot's way through all sockets finds them. */
  #listed: SocketsOf | null = null;
  #found: Found | null = null;
  /** The socket whose timeline is looked at: it stays known when it is closed. */
  #looked: Socket | null = null;

  constructor(model: Model, stuckAfterMs: number) {
    this.#stuckAfterMs = stuckAfterMs;
    this.#diagnosis = new RecentDiagnosis(stuckAfterMs);
    this.#model = model;
    this.#log = this.#watch(model);
  }

  /** From here on another model is looked at. To be called before anything is folded into it. */
  attach(model: Model): void {
    this.#model = model;
    this.#log = this.#watch(model);
    this.#looked = null;
    this.#found = null;
    this.#diagnosis.forget();
  }

  #watch(model: Model): TransitionLog {
    const log = new TransitionLog(model.tables, MOST_TRANSITIONS);
    model.onTransition = (row) => {
      keepPassage(row);
      log.push(row);
    };
    return log;
  }

  get #isKnown(): boolean {
    const { anchor, surveys } = this.#model.tables;
    return anchor !== null && surveys > 0;
  }

  snapshot(filter: Filter): Snapshot | null {
    if (!this.#isKnown) return null;
    const { tables } = this.#model;
    const of = this.#listed;
    this.#listed = null;
    this.#found = null;
    if (of === null) return takeSnapshot(tables, this.#stuckAfterMs, filter);
    const sockets: Socket[] = [];
    const mayBe = sieveFor(of, liveWorld(tables));
    const snapshot = takeSnapshot(tables, this.#stuckAfterMs, filter, (socket) => {
      if (mayBe(socket)) sockets.push(socket);
    });
    this.#found = { of, at: tables.now, transitions: tables.transitions, sockets };
    return snapshot;
  }

  findings(filter: Filter): readonly Finding[] {
    if (!this.#isKnown) return [];
    return this.#diagnosis.of(this.#model.tables, filter);
  }

  churn(): ChurnReport | null {
    return this.#isKnown ? takeChurn(this.#model.tables) : null;
  }

  groups(by: Grouping, filter: Filter): readonly GroupRow[] {
    return takeGroups(liveWorld(this.#model.tables), { by, filter, stuckAfterMs: this.#stuckAfterMs });
  }

  sockets(wish: SocketWish): SocketList {
    const { tables } = this.#model;
    const world = liveWorld(tables);
    const found = this.#found;
    const isFresh = found?.at === tables.now && found.transitions === tables.transitions && isSame(found.of, wish.of);
    this.#listed = wish.of;
    const choice = { ...wish, stuckAfterMs: this.#stuckAfterMs };
    return new SocketList(isFresh ? { ...world, sockets: found.sockets } : world, choice);
  }

  timeline(id: number): Timeline | null {
    const world = liveWorld(this.#model.tables);
    if (this.#looked?.id !== id) this.#looked = findSocket(id, world, this.#log.rows());
    return this.#looked === null ? null : takeTimeline(this.#looked, world);
  }

  transitions(filter: Filter): TransitionRows {
    this.#log.filter = filter;
    this.#log.settle();
    const { tables } = this.#model;
    return { rows: this.#log.rows(), wallMs: (at) => tables.wallMs(at) };
  }

  progress(): { readonly wallMs: number; readonly transitions: number } {
    const { tables } = this.#model;
    return { wallMs: tables.wallMs(tables.now), transitions: tables.transitions };
  }

  freeze(): TopSource {
    this.#log.settle();
    return new FrozenSource({
      world: frozenWorld(this.#model.tables),
      rows: this.#log.rows(),
      snapshot: this.snapshot(MATCH_ALL),
      churn: this.churn(),
      findings: this.findings(MATCH_ALL),
      stuckAfterMs: this.#stuckAfterMs,
    });
  }
}

interface Frozen {
  readonly world: SocketWorld;
  readonly rows: readonly TransitionRow[];
  readonly snapshot: Snapshot | null;
  readonly churn: ChurnReport | null;
  readonly findings: readonly Finding[];
  readonly stuckAfterMs: number;
}

/** What was to be seen at one moment: every view and every filter can be looked at. */
class FrozenSource implements TopSource {
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

function isSame(one: SocketsOf, other: SocketsOf): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Among those that live, those whose descriptors are left, and those of the last transitions. */
function findSocket(id: number, world: SocketWorld, rows: readonly TransitionRow[]): Socket | null {
  for (const socket of world.sockets) if (socket.id === id) return socket;
  for (const { socket } of world.vanished) if (socket.id === id) return socket;
  return rows.findLast(({ socket }) => socket.id === id)?.socket ?? null;
}
