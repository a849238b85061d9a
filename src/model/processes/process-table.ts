import type { Nanos, ProcessFacts } from "../events/event.ts";
import { type Owners, ownersOf } from "./owner.ts";
import { RateMeter } from "../rates/rate.ts";
import { Trend } from "../rates/trend.ts";
import type { Socket } from "../sockets/socket.ts";

/** As many as Linux has pids for by default times two; past it the longest silent go first. */
export const MAX_PROCESSES = 65_536;

/** What is known of a process, and how it treats its connections. */
export class Process {
  readonly pid: number;
  /** What its sockets name it as. */
  readonly as: Owners;
  comm: string;
  /** Null until /proc has been read. */
  facts: ProcessFacts | null = null;
  uid: number | null = null;
  transitions = 0;
  readonly rate = new RateMeter();
  readonly opened = new RateMeter();
  readonly closed = new RateMeter();
  /** Connections that a peer's reset has ended, once established and before that (refused), and the last of either. */
  readonly resets = new RateMeter();
  readonly refused = new RateMeter();
  lastReset: Socket | null = null;
  /** Sockets in CLOSE_WAIT that it holds. */
  readonly closeWaits = new Trend();
  /** Open descriptors. */
  readonly descriptors = new Trend();
  /** Mini-sockets that it has left behind: how many there are, how many were made, and how fast. */
  timeWaits = 0;
  timeWaitsEntered = 0;
  readonly timeWaitRate = new RateMeter();
  lastSeen: Nanos;

  constructor(pid: number, comm: string, at: Nanos) {
    this.pid = pid;
    this.as = ownersOf(pid);
    this.comm = comm;
    this.lastSeen = at;
  }
}

/** Processes by pid. */
export class ProcessTable {
  readonly #byPid = new Map<number, Process>();
  #dropped = 0;

  get dropped(): number {
    return this.#dropped;
  }

  [Symbol.iterator](): IterableIterator<Process> {
    return this.#byPid.values();
  }

  at(pid: number): Process | undefined {
    return this.#byPid.get(pid);
  }

  /** The process of this pid, made when it is new. `comm` is what the kernel calls it now; null when not known. */
  seen(pid: number, comm: string | null, at: Nanos): Process {
    let process = this.#byPid.get(pid);
    if (process === undefined) {
      if (this.#byPid.size >= MAX_PROCESSES) this.#evictOldest();
      process = new Process(pid, comm ?? `pid ${pid}`, at);
      this.#byPid.set(pid, process);
    }
    if (comm !== null && process.comm !== comm) process.comm = comm;
    if (at > process.lastSeen) process.lastSeen = at;
    return process;
  }

  /** Takes what /proc says. Another start time means another process with the pid of an ended one. */
  learn(facts: ProcessFacts, at: Nanos): void {
    const known = this.#byPid.get(facts.pid);
    if (known?.facts !== null && known !== undefined && known.facts.startTime !== facts.startTime) {
      this.#byPid.delete(facts.pid);
    }
    const process = this.seen(facts.pid, facts.comm, at);
    process.facts = facts;
    process.uid = facts.uid;
  }

  remove(process: Process): void {
    this.#byPid.delete(process.pid);
  }

  #evictOldest(): void {
    let oldest: Process | undefined;
    for (const process of this.#byPid.values()) {
      if (oldest === undefined || process.lastSeen < oldest.lastSeen) oldest = process;
    }
    if (oldest !== undefined) this.#byPid.delete(oldest.pid);
    this.#dropped++;
  }
}
