import { NumberMap } from "../../base/number-map.ts";
import type { ProcessFacts } from "../events/survey.ts";
import type { Nanos } from "../net/nanos.ts";
import { Process } from "./process.ts";

/** Twice the default pid_max of Linux; past it, the process not seen for the longest time is dropped. */
const MAX_PROCESSES = 65_536;

const MAX_FORMER = 10_000;

/** Processes by pid. */
export class ProcessTable {
  readonly #all = new Set<Process>();
  readonly #byPid = new NumberMap<Process>();
  readonly #former: Process[] = [];
  #dropped = 0;

  get dropped(): number {
    return this.#dropped;
  }

  /** Dropped processes that left mini-sockets behind: these stay counted. */
  get former(): readonly Process[] {
    return this.#former;
  }

  [Symbol.iterator](): IterableIterator<Process> {
    return this.#all.values();
  }

  at(pid: number): Process | undefined {
    return this.#byPid.get(pid);
  }

  /** The process with this pid, created if new. `comm` is its current name; null if unknown. */
  seen(pid: number, comm: string | null, at: Nanos): Process {
    let process = this.#byPid.get(pid);
    if (process === undefined) {
      if (this.#all.size >= MAX_PROCESSES) this.#evictOldest();
      process = new Process(pid, comm ?? `pid ${pid}`, at);
      this.#all.add(process);
      this.#byPid.set(pid, process);
    }
    if (comm !== null && process.comm !== comm) process.comm = comm;
    if (at > process.lastSeen) process.lastSeen = at;
    return process;
  }

  /** Stores what /proc says. A different start time means that the pid now belongs to another process. */
  learn(facts: ProcessFacts, at: Nanos): void {
    const known = this.#byPid.get(facts.pid);
    if (known?.facts !== null && known !== undefined && known.facts.startTime !== facts.startTime) this.forget(known);
    const process = this.seen(facts.pid, facts.comm, at);
    process.facts = facts;
    process.uid = facts.uid;
  }

  /** Drops a process that no longer holds anything. */
  forget(process: Process): void {
    this.#remove(process);
    const isKept = process.timeWaitsEntered > 0 || process.timeWaits > 0;
    if (isKept && this.#former.length < MAX_FORMER) this.#former.push(process);
  }

  #remove(process: Process): void {
    if (this.#all.delete(process)) this.#byPid.delete(process.pid);
  }

  #evictOldest(): void {
    let oldest: Process | undefined;
    for (const process of this.#all) {
      if (oldest === undefined || process.lastSeen < oldest.lastSeen) oldest = process;
    }
    if (oldest !== undefined) this.#remove(oldest);
    this.#dropped++;
  }
}
