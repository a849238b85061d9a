import { type Filter, MATCH_ALL } from "../filter/filter.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import { History } from "../rates/history.ts";
import { RateMeter } from "../rates/rate.ts";
import type { Connection } from "./destination.ts";
import { DestinationTable } from "./destination-table.ts";
import { type Slot, type TimeWait, TimeWaitTable } from "./time-wait.ts";
import { timeWaitSubject } from "./time-wait-subject.ts";

/** Current mini-sockets, their destinations, and the number created in a run. */
export class TimeWaitLedger {
  readonly table = new TimeWaitTable();
  readonly destinations = new DestinationTable();
  /** Selects the mini-sockets to count. */
  readonly filter: Filter;
  #entered = 0;
  #unowned = 0;
  readonly #unownedRate = new RateMeter();
  readonly #history = new History();

  constructor(filter: Filter = MATCH_ALL) {
    this.filter = filter;
  }

  /** Mini-sockets created since tracing began. */
  get entered(): number {
    return this.#entered;
  }

  /** Mini-sockets created by unknown processes. */
  get unowned(): number {
    return this.#unowned;
  }

  unownedPerSecond(now: Nanos): number {
    return this.#unownedRate.perSecond(now);
  }

  /** Mini-sockets created per second, oldest first. */
  series(now: Nanos): number[] {
    return this.#history.series(now);
  }

  /** Tracing begins: seconds without a new mini-socket now count as 0. */
  begin(at: Nanos): void {
    this.#history.begin(at);
  }

  /** Adds a mini-socket. Returns whether the filter matches it, and its slot; undefined if there are too many. */
  add(
    connection: Connection,
    since: Nanos,
    { process, endsAt, isFinWait2 }: Omit<TimeWait, "isChosen">,
  ): { readonly isChosen: boolean; readonly slot: Slot | undefined } {
    const isChosen = this.filter.isEmpty || this.filter.matches(timeWaitSubject(connection, process));
    return { isChosen, slot: this.table.add(connection, since, { process, endsAt, isFinWait2, isChosen }) };
  }

  /** Counts a mini-socket that the filter matches as created at that moment. */
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

  /** Undoes the count of a mini-socket without an owner, which is about to be counted again with one. */
  uncountUnowned(slot: Slot): void {
    this.#entered--;
    this.#unowned--;
    this.table.destination(slot).entered--;
  }
}
