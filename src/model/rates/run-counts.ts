import type { Loss } from "../events/event.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";
import { ChangeCounts } from "./change-counts.ts";
import { RateMeter } from "./rate.ts";

/** The transitions of a run: those counted, those lost on the way, and those the kernel skipped. */
export class RunCounts {
  readonly #rate = new RateMeter();
  readonly #changes = new ChangeCounts();
  #transitions = 0;
  #attributed = 0;
  #dropped = 0;
  #droppedAt: Nanos = -Infinity;
  #polled = 0;
  #skipped = 0;
  #inferred = 0;
  #contradictions = 0;

  /** All that were seen, by the tracer, by polls or by inference. */
  get transitions(): number {
    return this.#transitions;
  }

  /** Of the transitions, those whose process is known. */
  get attributed(): number {
    return this.#attributed;
  }

  /** Transitions that were sent and never arrived, and when the last of them were found missing. */
  get dropped(): number {
    return this.#dropped;
  }

  get droppedAt(): Nanos {
    return this.#droppedAt;
  }

  /** Of the transitions, those that only polls have shown, while nothing was traced. */
  get polled(): number {
    return this.#polled;
  }

  /** Transitions that the kernel ran no program for and that have been found since. */
  get inferred(): number {
    return this.#inferred;
  }

  /** Times that an event did not fit the last one of its socket: at least one in between was never counted. */
  get contradictions(): number {
    return this.#contradictions;
  }

  /** Transitions that the kernel says it skipped and that have not been found. It does not admit to all. */
  get missing(): number {
    return Math.max(0, this.#skipped - this.#inferred);
  }

  /** Transitions that happened and were never reported: with those that were, all that the kernel counted. */
  get lost(): number {
    return Math.max(0, this.#dropped + this.#skipped - this.#inferred);
  }

  /** By pair of states: what was traced, what was dropped, and what was skipped and found again. */
  get changes(): Pick<ChangeCounts, "totals"> {
    return this.#changes;
  }

  perSecond(now: Nanos): number {
    return this.#rate.perSecond(now);
  }

  /** How many there were in one of the last five whole seconds. */
  countIn(second: number): number {
    return this.#rate.countIn(second);
  }

  countTransition(at: Nanos, isAttributed: boolean): void {
    this.#transitions++;
    this.#rate.add(at);
    if (isAttributed) this.#attributed++;
  }

  /** The process of transitions that have been counted is known by now. */
  attribute(transitions: number): void {
    this.#attributed += transitions;
  }

  countTraced(from: TcpState, to: TcpState): void {
    this.#changes.shown(from, to);
  }

  countPolled(): void {
    this.#polled++;
  }

  countInferred(from: TcpState, to: TcpState): void {
    this.#inferred++;
    this.#changes.found(from, to);
  }

  countContradiction(): void {
    this.#contradictions++;
  }

  countLoss({ at, count, where, changes }: Loss): void {
    if (where === "kernel") return this.skip(count);
    this.#dropped += count;
    this.#droppedAt = at;
    // They happened: only whose they were is not known.
    this.#rate.add(at, count);
    for (const change of changes ?? [{ from: null, to: null, count }]) this.#changes.lost(change);
  }

  /** The kernel ran no program for these. */
  skip(count: number): void {
    this.#skipped += count;
  }
}
