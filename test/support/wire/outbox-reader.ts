import type { Accept, ChangeCount, TraceEvent, Transition } from "#src/model/events/event.ts";
import { Intake } from "#src/source/intake/intake.ts";
import { type Named, NameBook } from "#src/wire/name-book.ts";

/** Collects everything decoded from a tracer's lines. */
export class OutboxReader {
  readonly out: (Transition | Accept)[] = [];
  readonly lost: ChangeCount[] = [];
  readonly #intake: Intake;

  constructor(cpus: readonly number[], identify: (pid: number) => Named | null) {
    this.#intake = new Intake(cpus, 0, new NameBook(identify), {
      takes: () => true,
      lost: (changes) => this.lost.push(...changes),
      moment: () => {},
    });
  }

  /** Events that arrived after later ones were released, and events that still wait. */
  get leftovers(): readonly [late: number, waiting: number] {
    return [this.#intake.late, this.#intake.size];
  }

  read(bytes: Buffer): void {
    this.#intake.push(bytes);
  }

  release(all = false): void {
    this.out.push(...this.#intake.release(Infinity, all).filter((event) => isHappened(event)));
  }
}

function isHappened(event: TraceEvent): event is Transition | Accept {
  return event.kind === "transition" || event.kind === "accept";
}
