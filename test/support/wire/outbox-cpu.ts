import type { Accept, Transition } from "#src/model/events/event.ts";
import { ACCEPTED, PAIRS } from "#src/wire/sent-counts.ts";
import {
  acceptLine,
  answerLine,
  heartbeatLine,
  nameLine,
  NO_PLACE,
  outboxLine,
  type Place,
  placesOf,
  sentOf,
} from "#test/support/wire/wire-lines.ts";

/** An event without its time, which the probe sets. */
export type Untimed = Omit<Transition, "at"> | Omit<Accept, "at">;
export type Happened = Transition | Accept;

/** A program on one CPU: other CPUs may run between two of its steps, but no other program of its own CPU. */
export type Run = Generator<undefined, void>;

/** What all CPUs share: the clock, and whose names have been reported. */
export class OutboxWorld {
  #now = 1e9;
  readonly named = new Map<number, string>();
  readonly happened: Happened[] = [];

  /** Every reading is a different time. */
  now(): number {
    return ++this.#now;
  }

  pass(nanos: number): void {
    this.#now += nanos;
  }
}

export interface OutboxOptions {
  /** Accepts are printed on lines of their own (probes/accepts-alone.bt). */
  readonly acceptsAlone?: boolean;
}

/** One CPU with the programs of outbox.bt, wire.bt, answer.bt and accepts-alone.bt, and the lines it has printed. */
export class OutboxCpu {
  readonly lines: Buffer[] = [];
  readonly #cpu: number;
  readonly #world: OutboxWorld;
  readonly #options: OutboxOptions;
  readonly #sent = new Map<number, number>();
  readonly #places: Place[] = [NO_PLACE, NO_PLACE, NO_PLACE];
  #held = 0;
  #since = 0;
  #count = 0;
  #isBusy = false;

  constructor(cpu: number, world: OutboxWorld, options: OutboxOptions = {}) {
    this.#cpu = cpu;
    this.#world = world;
    this.#options = options;
  }

  /** A change of state, or an accept. */
  *event(untimed: Untimed): Run {
    const isAccept = untimed.kind === "accept";
    const pair = isAccept ? ACCEPTED : (untimed.from << 4) | untimed.to;
    this.#sent.set(pair, (this.#sent.get(pair) ?? 0) + 1);
    yield;
    const event: Happened = { ...untimed, at: this.#world.now() };
    this.#world.happened.push(event);
    yield;
    if (isAccept && event.kind === "accept" && this.#options.acceptsAlone === true) {
      this.lines.push(acceptLine(event, { cpu: this.#cpu }));
      return;
    }
    this.#tellName(event);
    yield;
    this.#countWindow(event.at);
    yield* this.#put(placesOf(event));
  }

  #tellName({ at, task }: Happened): void {
    if (task === null) return;
    const said = `${task.uid} ${task.pid} ${task.comm} ${Math.floor(at / 2 ** 33)}`;
    if (this.#world.named.get(task.pid % 4096) === said) return;
    this.lines.push(nameLine(at, task));
    this.#world.named.set(task.pid % 4096, said);
  }

  /** A CPU is busy for the 16 ms after 16 ms with 32 events. */
  #countWindow(at: number): void {
    const age = at - this.#since;
    if (age > 16e6) {
      this.#isBusy = age < 32e6 && this.#count >= 32;
      this.#since = at;
      this.#count = 0;
    }
    this.#count++;
  }

  *#put(places: readonly Place[]): Run {
    let held = this.#held;
    for (const [index, place] of places.entries()) {
      if (held === 3 || (!this.#isBusy && index + 1 === places.length)) {
        this.lines.push(outboxLine(this.#cpu, [...this.#places, place]));
        held = 0;
      } else this.#places[held++] = place;
      yield;
    }
    this.#held = held;
  }

  *heartbeat(): Run {
    if (this.#held !== 0) this.lines.push(outboxLine(this.#cpu, this.#places));
    this.#held = 0;
    const apart = [...this.#sent].filter(([pair]) => PAIRS.includes(pair));
    const others = [...this.#sent].filter(([pair]) => !PAIRS.includes(pair)).reduce((sum, [, count]) => sum + count, 0);
    const sent = sentOf({ ...Object.fromEntries(apart), 0: others });
    this.lines.push(heartbeatLine(this.#cpu, sent, this.#world.now()));
    yield;
  }

  /** Answers for `other`, which keeps running meanwhile, so that a place may be newer than the one before it. */
  *answer(other: OutboxCpu): Run {
    const at = this.#world.now();
    yield;
    let sent = 0;
    for (const count of other.#sent.values()) sent += count;
    const held: Place[] = [];
    for (let place = 0; place < 3; place++) {
      yield;
      held.push(other.#places[place] ?? NO_PLACE);
    }
    this.lines.push(answerLine(other.#cpu, sent, at, held));
  }
}
