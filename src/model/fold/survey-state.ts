import type { DetailsSeen, IdleSeen } from "../events/details.ts";
import type { Image } from "../events/image.ts";
import type { PollCost, Survey } from "../events/survey.ts";
import type { Nanos } from "../net/nanos.ts";

/** How many surveys there were, and how much the last one could see. */
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

  /** Surveys so far, which is the number of the last one. */
  get count(): number {
    return this.#count;
  }

  /** False when the last one could not read some process. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Processes that the last one could not read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** When /proc was last read, how often it is, and what that costs; null while that is not known. */
  get polledAt(): Nanos | null {
    return this.#polledAt;
  }

  get pollCost(): PollCost | null {
    return this.#pollCost;
  }

  /** All sockets that are older than the tracer are known. */
  get isSeeded(): boolean {
    return this.#isSeeded;
  }

  /** The namespace that all sockets are in; null when there are more, or none is known. */
  get onlyNetns(): number | null {
    return this.#onlyNetns;
  }

  /** When the kernel was last asked for details of sockets in CLOSE_WAIT. */
  get detailsAt(): Nanos {
    return this.#detailsAt;
  }

  /** Connections that were silent when that was last looked at; null: it never was. */
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
