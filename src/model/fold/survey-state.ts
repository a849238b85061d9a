import type { DetailsSeen, IdleSeen } from "../events/details.ts";
import type { Image } from "../events/image.ts";
import type { PollCost, Survey } from "../events/survey.ts";
import type { Nanos } from "../net/nanos.ts";

/** The number of surveys, and what the last one could read. */
export class SurveyState {
  #count = 0;
  #isComplete = true;
  #unreadable = 0;
  #polledAt: Nanos | null = null;
  #pollCost: PollCost | null = null;
  #isSeeded = false;
  #onlyNetns: number | null = null;
  #detailsAt: Nanos = -Infinity;
  #idle: IdleSeen | null = null;

  /** Number of surveys so far. */
  get count(): number {
    return this.#count;
  }

  /** False if the last survey could not read a process. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Number of processes that the last survey could not read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** When /proc was last read; null before that. */
  get polledAt(): Nanos | null {
    return this.#polledAt;
  }

  get pollCost(): PollCost | null {
    return this.#pollCost;
  }

  /** Whether all sockets that are older than the tracer are known. */
  get isSeeded(): boolean {
    return this.#isSeeded;
  }

  /** The only namespace; null if there are several or none is known. */
  get onlyNetns(): number | null {
    return this.#onlyNetns;
  }

  /** When details of sockets in CLOSE_WAIT were last requested. */
  get detailsAt(): Nanos {
    return this.#detailsAt;
  }

  /** Idle connections as last read; null before that. */
  get idle(): IdleSeen | null {
    return this.#idle;
  }

  add(survey: Survey, tracingSince: Nanos | null): void {
    const { at, complete, unreadable, poll, namespaces } = survey;
    this.#count++;
    this.#isComplete = complete;
    this.#unreadable = unreadable.length;
    this.#polledAt = at;
    this.#pollCost = poll ?? this.#pollCost;
    this.#onlyNetns = namespaces.length === 1 ? (namespaces[0] ?? null) : null;
    this.#isSeeded = tracingSince !== null && at >= tracingSince;
  }

  addDetails({ askedAt, idle }: DetailsSeen): void {
    this.#detailsAt = askedAt;
    if (idle !== undefined) this.#idle = idle;
  }

  restore({ surveys, complete, isSeeded, detailsAt }: Image): void {
    this.#count = surveys;
    this.#isComplete = complete;
    this.#isSeeded = isSeeded;
    this.#detailsAt = detailsAt ?? -Infinity;
  }
}
