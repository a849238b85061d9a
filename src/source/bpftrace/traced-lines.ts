import { readProcess } from "../../host/processes/processes.ts";
import type { ChangeCount, TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { WireLine } from "../../wire/wire-line.ts";
import type { IntakeSink } from "../intake/intake.ts";
import type { KernelClock } from "./kernel-clock.ts";
import type { OwnConnection } from "./own-connection.ts";

const MAX_KNOWN_PIDS = 65_536;
const MAX_LOOKUPS = 64;

/** Handles a tracer's lines as they arrive: drops tcptrace's own connections, and notes losses and new processes. */
export class TracedLines implements IntakeSink {
  readonly #clock: KernelClock;
  readonly #own: OwnConnection;
  readonly #knownPids = new Set<number>();
  #lookups = 0;
  #notes: TraceEvent[] = [];
  #latest: Nanos = 0;
  #events = 0;
  #ignoresFinalLoss = false;

  constructor(clock: KernelClock, own: OwnConnection) {
    this.#clock = clock;
    this.#own = own;
  }

  /** When the last event happened. */
  get latest(): Nanos {
    return this.#latest;
  }

  /** How many events have been kept. */
  get events(): number {
    return this.#events;
  }

  /** Adds an event that precedes all waiting lines. */
  note(event: TraceEvent): void {
    this.#notes.push(event);
  }

  /** The events noted since the last call. */
  takeNotes(): TraceEvent[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  /** The run is over and all of it has arrived: what comes until the tracer's own end is not lost. */
  ignoreFinalLoss(): void {
    this.#ignoresFinalLoss = true;
  }

  takes(line: WireLine): boolean {
    if (this.#own.isExpected && this.#own.owns(line.event())) return false;
    if (line.at > this.#latest) this.#latest = line.at;
    this.#events++;
    if (line.hasTask && !this.#knownPids.has(line.pid)) void this.#lookUp(line.pid);
    return true;
  }

  lost(changes: readonly ChangeCount[], at: Nanos | null): void {
    if (at === null && this.#ignoresFinalLoss) return;
    const count = changes.reduce((all, change) => all + change.count, 0);
    this.note({ kind: "loss", at: at ?? this.#clock.now(), count, where: "bpf", changes });
  }

  moment(at: Nanos): void {
    this.#clock.learn(at);
  }

  /** Reads a new process's name and command line while it lives. */
  async #lookUp(pid: number): Promise<void> {
    if (this.#lookups >= MAX_LOOKUPS) return;
    if (this.#knownPids.size >= MAX_KNOWN_PIDS) this.#knownPids.clear();
    this.#knownPids.add(pid);
    this.#lookups++;
    const process = await readProcess(pid);
    this.#lookups--;
    if (process !== null) this.note({ kind: "process", at: this.#clock.now(), process });
  }
}
