import type { Finding } from "../diagnosis/finding.ts";
import type { ChurnReport } from "../model/churn-report.ts";
import { type Filter, MATCH_ALL } from "../model/filter.ts";
import type { Grouping } from "../model/group.ts";
import type { Model } from "../model/model.ts";
import { keepPassage } from "../model/passage.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Socket } from "../model/socket.ts";
import { frozenWorld, liveWorld } from "../model/socket-world.ts";
import { takeChurn } from "../model/take-churn.ts";
import { GroupCount, type GroupOptions, type GroupRow, takeGroups } from "../model/take-groups.ts";
import { takeSnapshot } from "../model/take-snapshot.ts";
import { sieveFor, SocketList, type SocketsOf } from "../model/take-sockets.ts";
import { takeTimeline, type Timeline } from "../model/take-timeline.ts";
import { TransitionLog } from "../model/transition-log.ts";
import type { TransitionRows } from "../view/top-data.ts";
import { findSocket, FrozenSource } from "./frozen-source.ts";
import { RecentDiagnosis } from "./recent-diagnosis.ts";
import type { SocketWish, TopSource } from "./top-asks.ts";

const MOST_TRANSITIONS = 500;

/** What may be on a list, as of the moment after so many transitions. */
interface Found {
  readonly of: SocketsOf;
  readonly at: number;
  readonly transitions: number;
  readonly sockets: readonly Socket[];
}

/** Groups as of such a moment. */
interface Counted extends Pick<Found, "at" | "transitions"> {
  readonly options: GroupOptions;
  readonly rows: readonly GroupRow[];
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
  /** The same for groups. */
  #grouped: GroupOptions | null = null;
  #counted: Counted | null = null;
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
    this.#counted = null;
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
    if (of === null) return this.#groupedSnapshot(filter);
    const sockets: Socket[] = [];
    const mayBe = sieveFor(of, liveWorld(tables));
    const snapshot = takeSnapshot(tables, this.#stuckAfterMs, filter, (socket) => {
      if (mayBe(socket)) sockets.push(socket);
    });
    this.#found = { of, at: tables.now, transitions: tables.transitions, sockets };
    return snapshot;
  }

  #groupedSnapshot(filter: Filter): Snapshot {
    const { tables } = this.#model;
    const options = this.#grouped;
    this.#grouped = this.#counted = null;
    if (options === null) return takeSnapshot(tables, this.#stuckAfterMs, filter);
    const groups = new GroupCount(liveWorld(tables), options);
    const snapshot = takeSnapshot(tables, this.#stuckAfterMs, filter, (socket) => groups.add(socket));
    this.#counted = { options, at: tables.now, transitions: tables.transitions, rows: groups.finish() };
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
    const { tables } = this.#model;
    const options = { by, filter, stuckAfterMs: this.#stuckAfterMs };
    const counted = this.#counted;
    this.#grouped = options;
    const isFresh = counted?.at === tables.now && counted.transitions === tables.transitions;
    if (isFresh && counted.options.by === by && counted.options.filter === filter) return counted.rows;
    return takeGroups(liveWorld(tables), options);
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

function isSame(one: SocketsOf, other: SocketsOf): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
