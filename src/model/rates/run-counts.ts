import type { Loss } from "../events/event.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";
import { ChangeCounts } from "./change-counts.ts";
import { RateMeter } from "./rate.ts";

/** Counts the transitions of a run: reported, lost in a buffer, and skipped by the kernel. */
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

  /** All transitions that were traced, polled or inferred. */
  get transitions(): number {
    return this.#transitions;
  }

  /** Transitions whose process is known. */
  get attributed(): number {
    return this.#attributed;
  }

  /** Transitions lost in a full buffer, and when the last loss was noticed. */
  get dropped(): number {
    return this.#dropped;
  }

  get droppedAt(): Nanos {
    return this.#droppedAt;
  }

  /** Transitions that only polls showed, while nothing was traced. */
  get polled(): number {
    return this.#polled;
  }

  /** Transitions that the kernel ran no program for and that were inferred since. */
  get inferred(): number {
    return this.#inferred;
  }

  /** How often an event did not fit the one before it on its socket: at least one in between was never counted. */
  get contradictions(): number {
    return this.#contradictions;
  }

  /** Transitions that the kernel reported as skipped and that are not inferred yet. It does not report all of them. */
  get missing(): number {
    return Math.max(0, this.#skipped - this.#inferred);
  }

  /** Transitions that were never reported: added to the reported ones, they give the kernel's total. */
  get lost(): number {
    return Math.max(0, this.#dropped + this.#skipped - this.#inferred);
  }

  /** By pair of states: traced, lost, and inferred. */
  get changes(): Pick<ChangeCounts, "totals"> {
    return this.#changes;
  }

  perSecond(now: Nanos): number {
    return this.#rate.perSecond(now);
  }

  /** Number of transitions in one of the last five whole seconds. */
  countIn(second: number): number {
    return this.#rate.countIn(second);
  }

  countTransition(at: Nanos, isAttributed: boolean): void {
    this.#transitions++;
    this.#rate.add(at);
    if (isAttributed) this.#attributed++;
  }

  /** The process of transitions counted earlier is now known. */
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
    // They happened, so they count in the rate; only their process is unknown.
    this.#rate.add(at, count);
    for (const change of changes ?? [{ from: null, to: null, count }]) this.#changes.lost(change);
  }

  /** The kernel ran no program for these. */
  skip(count: number): void {
    this.#skipped += count;
  }
}
