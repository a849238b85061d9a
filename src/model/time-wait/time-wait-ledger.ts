import { type Filter, MATCH_ALL } from "../filter/filter.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import { History } from "../rates/history.ts";
import { RateMeter } from "../rates/rate.ts";
import type { Connection } from "./destination.ts";
import { DestinationTable } from "./destination-table.ts";
import { type Slot, type TimeWait, TimeWaitTable } from "./time-wait.ts";
import { timeWaitSubject } from "./time-wait-subject.ts";

/** The mini-sockets that stand, the destinations they stand toward, and how many were made in a run. */
export class TimeWaitLedger {
  readonly table = new TimeWaitTable();
  readonly destinations = new DestinationTable();
  /** Which mini-sockets are counted. */
  readonly filter: Filter;
  #entered = 0;
  #unowned = 0;
  readonly #unownedRate = new RateMeter();
  readonly #history = new History();

  constructor(filter: Filter = MATCH_ALL) {
    this.filter = filter;
  }

  /** Mini-sockets made since tracing began. */
  get entered(): number {
    return this.#entered;
  }

  /** Of those made, the ones whose process is not known. */
  get unowned(): number {
    return this.#unowned;
  }

  unownedPerSecond(now: Nanos): number {
    return this.#unownedRate.perSecond(now);
  }

  /** How many were made in each of the last seconds, oldest first. */
  series(now: Nanos): number[] {
    return this.#history.series(now);
  }

  /** Tracing begins: from here on a second without any is one with none. */
  begin(at: Nanos): void {
    this.#history.begin(at);
  }

  /** Keeps a mini-socket of this connection: whether the filter takes it, and where it is unless there are too many. */
  add(
    connection: Connection,
    since: Nanos,
    { process, endsAt, isFinWait2 }: Omit<TimeWait, "isChosen">,
  ): { readonly isChosen: boolean; readonly slot: Slot | undefined } {
    const isChosen = this.filter.isEmpty || this.filter.matches(timeWaitSubject(connection, process));
    return { isChosen, slot: this.table.add(connection, since, { process, endsAt, isFinWait2, isChosen }) };
  }

  /** Counts a mini-socket that the filter takes as made at that moment. */
  countEntered({ destination }: Connection, process: Process | null, at: Nanos): void {
    destination.entered++;
    destination.rates?.entered.add(at);
    this.#entered++;
    this.#history.add(at);
    if (process === null) {
      this.#unowned++;
      this.#unownedRate.add(at);
      return;
    }
    process.timeWaitsEntered++;
    process.timeWaitRate.add(at);
  }

  /** The process of one that was counted without an owner is known by now: it will be counted again. */
  uncountUnowned(slot: Slot): void {
    this.#entered--;
    this.#unowned--;
    this.table.destination(slot).entered--;
  }
}
