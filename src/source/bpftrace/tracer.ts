import { debug } from "../../base/debug.ts";
import { onlineCpus } from "../../host/machine/cpus.ts";
import { identify } from "../../host/processes/processes.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { NameBook } from "../../wire/name-book.ts";
import { Intake } from "../intake/intake.ts";
import { askTracer } from "./ask.ts";
import type { KernelClock } from "./kernel-clock.ts";
import { OwnConnection } from "./own-connection.ts";
import { SkipCount } from "./skip-count.ts";
import { TracedLines } from "./traced-lines.ts";
import { type TracerEnd, type TracerOptions, type TracerProcess, startTracer } from "./tracer-process.ts";

/** When the consumer is slow, reading stops here; the kernel then counts what it can't send. */
const MAX_WAITING = 200_000;
/** How many CPUs are asked at a time. */
const MAX_ASKED = 32;
/** A CPU that has been silent for this long is asked; sooner when others' events wait for it. */
const ASK_AFTER: Nanos = 250e6;
const ASK_SOON_AFTER: Nanos = 20e6;
/** If one tick has this many events, bpftrace rests until the next tick. */
const BUSY = 200;

/** One bpftrace process from its start to its end: its lines, decoded, counted and put in order. */
export class Tracer {
  readonly ended: Promise<TracerEnd>;
  isAttached = false;
  hasEnded = false;
  /**
   * Whether the kernel has skipped events since the last survey began. The caller resets it when it begins a survey.
   */
  hasSkipped = false;
  readonly #clock: KernelClock;
  readonly #own = new OwnConnection();
  readonly #lines: TracedLines;
  readonly #intake: Intake;
  readonly #process: TracerProcess;
  readonly #skips: SkipCount;
  #watermark: Nanos = 0;
  #isPaused = false;
  #isEnding = false;
  #wokenAt: Nanos = Infinity;
  /** How many events there were when it was last woken. */
  #eventsAtWake = 0;

  constructor(options: TracerOptions, clock: KernelClock) {
    this.#clock = clock;
    this.#lines = new TracedLines(clock, this.#own);
    this.#intake = new Intake(onlineCpus(), clock.now(), new NameBook(identify), this.#lines);
    this.#process = startTracer(options);
    this.#skips = new SkipCount(this.#process.pid);
    // Last: it uses all of the above.
    this.ended = this.#run();
  }

  async #run(): Promise<TracerEnd> {
    const { stdout } = this.#process;
    const drained = new Promise<void>((resolve) => stdout.on("close", resolve));
    stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    stdout.on("error", (error) => debug("cannot read from bpftrace", error));
    void this.#awaitAttachment();
    const end = await this.#process.ended;
    this.#skips.close();
    this.#own.close();
    this.#drain();
    await drained;
    this.hasEnded = true;
    return end;
  }

  async #awaitAttachment(): Promise<void> {
    await this.#own.seen;
    this.isAttached = true;
    this.#own.close();
  }

  /** When the last event happened. */
  get latest(): Nanos {
    return this.#lines.latest;
  }

  /** Everything traced up to this time has been taken. */
  get watermark(): Nanos {
    return this.#watermark;
  }

  /**
   * Events in order since the last call, and a tick. `notAfter` keeps later ones back; `all` waits for nothing.
   * Transitions that the kernel skipped come before events that may show their absence.
   */
  take(notAfter: Nanos, all = false): TraceEvent[] {
    const at = this.#clock.now();
    this.#countSkipped(at);
    const taken = this.#intake.release(notAfter, all, this.#lines.takeNotes());
    this.#resume();
    this.#wake(at);
    this.ask();
    this.#watermark = all ? at : Math.max(this.#watermark, this.#intake.watermark);
    taken.push({ kind: "tick", at, watermark: this.#watermark });
    return taken;
  }

  /** Asks the CPUs that are silent or hold events back; bpftrace then also writes out what it has buffered. */
  ask(): void {
    if (this.hasEnded) return;
    const now = this.#clock.now();
    const patience = this.#intake.size > 0 ? ASK_SOON_AFTER : ASK_AFTER;
    const silent = [...this.#intake.holdingSince(now - ASK_SOON_AFTER), ...this.#intake.silentSince(now - patience)];
    const asked = new Set(silent.slice(0, MAX_ASKED));
    for (const cpu of asked.size === 0 ? [0] : asked) askTracer(cpu);
  }

  /** The run is over and all its events have been taken: later ones, until the tracer ends, do not count as lost. */
  ignoreFinalLoss(): void {
    this.#lines.ignoreFinalLoss();
  }

  stop(): void {
    this.#countSkipped(this.#clock.now());
    this.#own.close();
    this.#drain();
    this.#process.stop();
  }

  #wake(at: Nanos): void {
    this.#process.wake();
    this.#wokenAt = at;
    this.#eventsAtWake = this.#lines.events;
  }

  /** Once a busy bpftrace has written what it had, waking it for more is not worth it before the next tick. */
  #restIfBusy(): void {
    if (this.#lines.events - this.#eventsAtWake < BUSY || this.#isEnding) return;
    if (this.#intake.silentSince(this.#wokenAt - ASK_SOON_AFTER).length === 0) this.#process.rest();
  }

  #countSkipped(at: Nanos): void {
    const count = this.#isEnding ? 0 : this.#skips.take();
    if (count === 0) return;
    this.hasSkipped = true;
    this.#lines.note({ kind: "loss", at, count, where: "kernel" });
  }

  /** Reads the rest, at most the kernel's buffer, before the end. */
  #drain(): void {
    this.#isEnding = true;
    this.#process.wake();
    this.#resume();
  }

  #read(chunk: Buffer): void {
    this.#intake.push(chunk);
    this.#restIfBusy();
    if (this.#intake.size < MAX_WAITING || this.#isPaused || this.#isEnding) return;
    this.#isPaused = true;
    this.#process.stdout.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#process.stdout.resume();
  }
}
