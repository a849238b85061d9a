import { onlineCpus } from "../../host/machine/cpus.ts";
import { identify, readProcess } from "../../host/processes/processes.ts";
import type { ChangeCount, TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { askTracer } from "./ask.ts";
import { OwnConnection } from "./own-connection.ts";
import { SkipCount } from "./skip-count.ts";
import type { KernelClock } from "./kernel-clock.ts";
import { type TracerEnd, type TracerOptions, type TracerProcess, startTracer } from "./tracer-process.ts";
import { Intake, type IntakeSink } from "../intake/intake.ts";
import { NameBook } from "../../wire/name-book.ts";
import type { WireLine } from "../../wire/wire-line.ts";

/** When the consumer is slow, reading stops here; the kernel then counts what it can't send. */
const MAX_WAITING = 200_000;
const MAX_KNOWN_PIDS = 65_536;
const MAX_LOOKUPS = 64;
/** At a time; the others come next. */
const MAX_ASKED = 32;
/** A CPU that has been silent for so long is asked: at once when others' events wait for it. */
const ASK_AFTER: Nanos = 250e6;
const ASK_SOON_AFTER: Nanos = 20e6;
/** Events of one tick from which on bpftrace rests until the next. */
const BUSY = 200;

/** One life of a bpftrace process: its lines, decoded, counted and put in order. */
export class Tracer implements IntakeSink {
  readonly ended: Promise<TracerEnd>;
  isAttached = false;
  hasEnded = false;
  readonly #clock: KernelClock;
  readonly #process: TracerProcess;
  readonly #intake: Intake;
  readonly #own = new OwnConnection();
  readonly #skips: SkipCount;
  readonly #knownPids = new Set<number>();
  #lookups = 0;
  /** Since a survey has begun that will show what the kernel has skipped. To be set back by who begins one. */
  hasSkipped = false;
  /** Everything until the end of the run has been told: what comes between that and the tracer's own end is no loss. */
  hasToldAll = false;
  #extra: TraceEvent[] = [];
  #watermark: Nanos = 0;
  #isPaused = false;
  #isEnding = false;
  #latest: Nanos = 0;
  #wokenAt: Nanos = Infinity;
  #eventsSinceWoken = 0;

  constructor(options: TracerOptions, clock: KernelClock) {
    this.#clock = clock;
    this.#intake = new Intake(onlineCpus(), clock.now(), new NameBook(identify), this);
    this.#process = startTracer(options);
    this.#skips = new SkipCount(this.#process.pid);
    const drained = new Promise<void>((resolve) => this.#process.stdout.on("close", resolve));
    this.#process.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#process.stdout.on("error", () => {});
    void this.#awaitAttachment();
    this.ended = this.#awaitEnd(drained);
  }

  async #awaitAttachment(): Promise<void> {
    await this.#own.seen;
    this.isAttached = true;
    this.#own.close();
  }

  async #awaitEnd(drained: Promise<void>): Promise<TracerEnd> {
    const end = await this.#process.ended;
    this.#skips.close();
    this.#own.close();
    this.#drain();
    await drained;
    this.hasEnded = true;
    return end;
  }

  /** When the last event happened. */
  get latest(): Nanos {
    return this.#latest;
  }

  /**
   * Events in order since the last call, and a tick. `notAfter` keeps later ones back; `all` waits for nothing.
   * Transitions that the kernel skipped are told before events that may show their absence.
   */
  take(notAfter: Nanos, all = false): TraceEvent[] {
    const at = this.#clock.now();
    this.#countSkipped(at);
    const taken = this.#intake.reorder.release(notAfter, all, this.#extra);
    this.#extra = [];
    this.#resume();
    this.#wake(at);
    this.ask();
    this.#watermark = all ? at : Math.max(this.#watermark, this.#intake.reorder.released);
    taken.push({ kind: "tick", at, watermark: this.#watermark });
    return taken;
  }

  /** What bpftrace holds back comes soon, and so does word of the CPUs that are silent. */
  ask(): void {
    if (this.hasEnded) return;
    const now = this.#clock.now();
    const patience = this.#intake.reorder.size > 0 ? ASK_SOON_AFTER : ASK_AFTER;
    const silent = [
      ...this.#intake.reorder.holdingSince(now - ASK_SOON_AFTER),
      ...this.#intake.reorder.silentSince(now - patience),
    ];
    const asked = new Set(silent.slice(0, MAX_ASKED));
    for (const cpu of asked.size === 0 ? [0] : asked) askTracer(cpu);
  }

  /** All that was traced until then has been taken. */
  get watermark(): Nanos {
    return this.#watermark;
  }

  #wake(at: Nanos): void {
    this.#process.wake();
    this.#wokenAt = at;
    this.#eventsSinceWoken = 0;
  }

  /** When it has told what there was, more is not worth waking up for before the next tick. */
  #restIfBusy(): void {
    if (this.#eventsSinceWoken < BUSY || this.#isEnding) return;
    if (this.#intake.reorder.silentSince(this.#wokenAt - ASK_SOON_AFTER).length === 0) this.#process.rest();
  }

  #countSkipped(at: Nanos): void {
    const count = this.#isEnding ? 0 : this.#skips.take();
    if (count === 0) return;
    this.hasSkipped = true;
    this.#extra.push({ kind: "loss", at, count, where: "kernel" });
  }

  stop(): void {
    this.#countSkipped(this.#clock.now());
    this.#own.close();
    this.#drain();
    this.#process.stop();
  }

  /** What is left is bounded by the kernel's buffer and has to be read before the end. */
  #drain(): void {
    this.#isEnding = true;
    this.#process.wake();
    this.#resume();
  }

  #read(chunk: Buffer): void {
    this.#intake.push(chunk);
    this.#restIfBusy();
    if (this.#intake.reorder.size < MAX_WAITING || this.#isPaused || this.#isEnding) return;
    this.#isPaused = true;
    this.#process.stdout.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#process.stdout.resume();
  }

  takes(line: WireLine): boolean {
    if (this.#own.isExpected && this.#own.owns(line.event())) return false;
    if (line.at > this.#latest) this.#latest = line.at;
    this.#eventsSinceWoken++;
    if (line.hasTask && !this.#knownPids.has(line.pid)) void this.#lookUp(line.pid);
    return true;
  }

  lost(changes: readonly ChangeCount[], at: Nanos | null): void {
    if (at === null && this.hasToldAll) return;
    const count = changes.reduce((all, change) => all + change.count, 0);
    this.#extra.push({ kind: "loss", at: at ?? this.#clock.now(), count, where: "bpf", changes });
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
    if (process !== null) this.#extra.push({ kind: "process", at: this.#clock.now(), process });
  }
}
