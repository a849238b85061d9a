import { NumberMap } from "../../base/number-map.ts";
import type { ProcessFacts } from "../events/survey.ts";
import type { Nanos } from "../net/nanos.ts";
import { Process } from "./process.ts";

/** As many as Linux has pids for by default times two; past it the longest silent go first. */
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

  /** Processes that are not kept any more and that have left mini-sockets behind, which stay counted. */
  get former(): readonly Process[] {
    return this.#former;
  }

  [Symbol.iterator](): IterableIterator<Process> {
    return this.#all.values();
  }

  at(pid: number): Process | undefined {
    return this.#byPid.get(pid);
  }

  /** The process of this pid, made when it is new. `comm` is what the kernel calls it now; null when not known. */
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

  /** Takes what /proc says. Another start time means another process with the pid of an ended one. */
  learn(facts: ProcessFacts, at: Nanos): void {
    const known = this.#byPid.get(facts.pid);
    if (known?.facts !== null && known !== undefined && known.facts.startTime !== facts.startTime) this.forget(known);
    const process = this.seen(facts.pid, facts.comm, at);
    process.facts = facts;
    process.uid = facts.uid;
  }

  /** The process holds nothing any more. */
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
