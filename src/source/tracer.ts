import { onlineCpus } from "../host/cpus.ts";
import { identify, readProcess } from "../host/processes.ts";
import type { ChangeCount, Nanos, TraceEvent } from "../model/event.ts";
import { askTracer } from "./ask.ts";
import { LossCount } from "./loss-count.ts";
import { NameBook } from "./name-book.ts";
import { OwnConnection } from "./own-connection.ts";
import { Reorder } from "./reorder.ts";
import { ACCEPTED, type Pair, type SentCounts } from "./sent-counts.ts";
import { SkipCount } from "./skip-count.ts";
import type { TracerClock } from "./tracer-clock.ts";
import { startTracer, type TracerEnd, type TracerOptions, type TracerProcess } from "./tracer-process.ts";
import { WireDecoder, type WireSink } from "./wire.ts";
import type { WireLine } from "./wire-line.ts";

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
export class Tracer implements WireSink {
  readonly ended: Promise<TracerEnd>;
  isAttached = false;
  hasEnded = false;
  readonly #clock: TracerClock;
  readonly #process: TracerProcess;
  readonly #names = new NameBook(identify);
  readonly #decoder = new WireDecoder(this, { names: this.#names });
  readonly #own = new OwnConnection();
  readonly #reorder: Reorder;
  readonly #loss = new LossCount();
  readonly #skips: SkipCount;
  readonly #knownPids = new Set<number>();
  #lookups = 0;
  /** Since a survey has begun that will show what the kernel has skipped. To be set back by who begins one. */
  hasSkipped = false;
  /** Everything until the end of the run has been told: what comes between that and the tracer's own end is no loss. */
  hasToldAll = false;
  #extra: TraceEvent[] = [];
  #complete: Nanos = 0;
  #isPaused = false;
  #isEnding = false;
  #latest: Nanos = 0;
  #wokenAt: Nanos = Infinity;
  #eventsSinceWoken = 0;

  constructor(options: TracerOptions, clock: TracerClock) {
    this.#clock = clock;
    this.#reorder = new Reorder(onlineCpus(), clock.now(), this.#names);
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
    const taken = this.#reorder.release(notAfter, all, this.#extra);
    this.#extra = [];
    this.#resume();
    this.#wake(at);
    this.ask();
    this.#complete = all ? at : Math.max(this.#complete, this.#reorder.released);
    taken.push({ kind: "tick", at, complete: this.#complete });
    return taken;
  }

  /** What bpftrace holds back comes soon, and so does word of the CPUs that are silent. */
  ask(): void {
    if (this.hasEnded) return;
    const now = this.#clock.now();
    const patience = this.#reorder.size > 0 ? ASK_SOON_AFTER : ASK_AFTER;
    const silent = [...this.#reorder.holdingSince(now - ASK_SOON_AFTER), ...this.#reorder.silentSince(now - patience)];
    const asked = new Set(silent.slice(0, MAX_ASKED));
    for (const cpu of asked.size === 0 ? [0] : asked) askTracer(cpu);
  }

  /** All that was traced until then has been taken. */
  get complete(): Nanos {
    return this.#complete;
  }

  #wake(at: Nanos): void {
    this.#process.wake();
    this.#wokenAt = at;
    this.#eventsSinceWoken = 0;
  }

  /** When it has told what there was, more is not worth waking up for before the next tick. */
  #restIfBusy(): void {
    if (this.#eventsSinceWoken < BUSY || this.#isEnding) return;
    if (this.#reorder.silentSince(this.#wokenAt - ASK_SOON_AFTER).length === 0) this.#process.rest();
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
    this.#decoder.push(chunk);
    this.#restIfBusy();
    if (this.#reorder.size < MAX_WAITING || this.#isPaused || this.#isEnding) return;
    this.#isPaused = true;
    this.#process.stdout.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#process.stdout.resume();
  }

  event(line: WireLine, cpu: number): void {
    this.#loss.received(cpu, line.isTransition ? line.pair : ACCEPTED);
    if (this.#own.isExpected && this.#own.owns(line.event())) return;
    if (line.at > this.#latest) this.#latest = line.at;
    this.#reorder.push(line, cpu);
    this.#eventsSinceWoken++;
    if (line.hasTask && !this.#knownPids.has(line.pid)) void this.#lookUp(line.pid);
  }

  heartbeat(cpu: number, sent: SentCounts, at: Nanos): void {
    this.#clock.learn(at);
    this.#reorder.complete(cpu, at);
    this.#lose(this.#loss.emitted(cpu, sent), at);
  }

  finalCount(cpu: number, pair: Pair, sent: number): void {
    if (!this.hasToldAll) this.#lose(this.#loss.ended(cpu, pair, sent), this.#clock.now());
  }

  /** A line without a change of state is evidence of an owner, and no transition. */
  #lose(lines: readonly ChangeCount[], at: Nanos): void {
    const changes = lines.filter(({ from, to }) => from === null || from !== to);
    const count = changes.reduce((all, change) => all + change.count, 0);
    if (count > 0) this.#extra.push({ kind: "loss", at, count, where: "bpf", changes });
  }

  answer(cpu: number, emitted: number, held: number, at: Nanos): boolean {
    this.#clock.learn(at);
    const missing = emitted - this.#loss.known(cpu);
    // What is held may also be what a line had that was lost, and has been counted as such.
    const isNext = missing > 0 && missing === held;
    if (this.#reorder.knows(cpu) && (missing <= 0 || isNext)) this.#reorder.complete(cpu, at);
    return isNext;
  }

  anchor(at: Nanos): void {
    this.#clock.learn(at);
  }

  /** The kernel's count shows the event as lost: nothing to add. */
  malformed(): void {}

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
