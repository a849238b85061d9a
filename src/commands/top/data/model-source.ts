import { FrozenSource, findSocket } from "./frozen-source.ts";
import { RecentDiagnosis } from "./recent-diagnosis.ts";
import type { Finding } from "../../../diagnosis/facts/finding.ts";
import { type Filter, MATCH_ALL } from "../../../model/filter/filter.ts";
import type { Model } from "../../../model/fold/model.ts";
import { TransitionLog } from "../../../model/fold/transition-log.ts";
import { keepStateChange } from "../../../model/lists/state-changes.ts";
import type { ChurnReport } from "../../../model/reports/churn-report.ts";
import type { Snapshot } from "../../../model/reports/snapshot.ts";
import { type SocketWorld, frozenWorld, liveWorld } from "../../../model/reports/socket-world.ts";
import { buildChurn } from "../../../model/reports/build-churn.ts";
import { buildSnapshot } from "../../../model/reports/build-snapshot.ts";
import type { Socket } from "../../../model/sockets/socket.ts";
import type { TopSource, TransitionRows } from "../../../view/state/top-source.ts";

const MOST_TRANSITIONS = 500;

/** A model that events are still folded into. */
export class ModelSource implements TopSource {
  readonly stuckAfterMs: number;
  #model: Model;
  #log: TransitionLog;
  readonly #diagnosis: RecentDiagnosis;
  /** The socket on the screen, kept so that it can still be shown after it is closed. */
  #shown: Socket | null = null;

  constructor(model: Model, stuckAfterMs: number, reword?: (finding: Finding) => Finding) {
    this.stuckAfterMs = stuckAfterMs;
    this.#diagnosis = new RecentDiagnosis(stuckAfterMs, reword);
    this.#model = model;
    this.#log = this.#watch(model);
  }

  /** Switches to another model. Must be called before anything is folded into it. */
  attach(model: Model): void {
    this.#model = model;
    this.#log = this.#watch(model);
    this.#shown = null;
    this.#diagnosis.forget();
  }

  #watch(model: Model): TransitionLog {
    const log = new TransitionLog(model.tables, MOST_TRANSITIONS);
    model.onTransition = (row) => {
      keepStateChange(row);
      log.push(row);
    };
    return log;
  }

  get world(): SocketWorld {
    return liveWorld(this.#model.tables);
  }

  get #isKnown(): boolean {
    const { clock, surveys } = this.#model.tables;
    return clock.anchor !== null && surveys.count > 0;
  }

  snapshot(filter: Filter): Snapshot | null {
    if (!this.#isKnown) return null;
    return buildSnapshot(this.#model.tables, this.stuckAfterMs, filter);
  }

  findings(filter: Filter): readonly Finding[] {
    if (!this.#isKnown) return [];
    return this.#diagnosis.of(this.#model.tables, filter);
  }

  churn(): ChurnReport | null {
    return this.#isKnown ? buildChurn(this.#model.tables) : null;
  }

  socket(id: number): Socket | null {
    if (this.#shown?.id !== id) this.#shown = findSocket(id, this.world, this.#log.rows());
    return this.#shown;
  }

  transitions(filter: Filter): TransitionRows {
    this.#log.filter = filter;
    this.#log.settle();
    const model = this.#model;
    return { rows: this.#log.rows(), wallMs: (at) => model.wallMs(at) };
  }

  progress(): { readonly wallMs: number; readonly transitions: number } {
    const { clock, counts } = this.#model.tables;
    return { wallMs: clock.wallMs(clock.now), transitions: counts.transitions };
  }

  freeze(): TopSource {
    this.#log.settle();
    return new FrozenSource({
      world: frozenWorld(this.#model.tables),
      rows: this.#log.rows(),
      snapshot: this.snapshot(MATCH_ALL),
      churn: this.churn(),
      findings: this.findings(MATCH_ALL),
      stuckAfterMs: this.stuckAfterMs,
    });
  }
}
