import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../base/errors.ts";
import type { Gap, TraceEvent } from "../model/events/event.ts";
import type { Nanos } from "../model/net/nanos.ts";
import { TCP } from "../model/net/tcp-state.ts";
import { KernelClock } from "./bpftrace/kernel-clock.ts";
import type { TracerEnd, TracerOptions } from "./bpftrace/tracer-process.ts";
import { Tracer } from "./bpftrace/tracer.ts";
import type { Source } from "./source.ts";
import { AuxiliaryReaders } from "./surveys/auxiliary-readers.ts";
import { ProcPoll } from "./surveys/proc-poll.ts";
import { BESIDE_TRACER, type Pace, Surveyor, cpuMsSince } from "./surveys/surveyor.ts";

const TICK_MS = 50;
/** Compiling takes 1 s, and on an overloaded or emulated machine a minute. */
const ATTACH_TIMEOUT_MS = 180_000;
const NOT_ATTACHED: TracerEnd = { reason: "bpftrace did not attach within three minutes", isCutOff: false };
/** Delays before successive restarts; a run of a minute starts them over. */
const BACKOFF_MS = [250, 1000, 2000, 4000];
const GOOD_RUN_MS = 60_000;
const LAST_EVENTS_MS = 5000;
/**
 * How late events may be before other things are read less often. The screen is redrawn less often before that
 * (frame-pace.ts).
 */
const BEHIND: Nanos = 4e9;

type Batch = readonly TraceEvent[];

/**
 * Traces the kernel through bpftrace, and reads /proc for what is older or was lost. With `standIn`, a pace for
 * polls, /proc is used while a bpftrace that had been attached is down, and for good when it can't be restarted.
 * Throws UserError if bpftrace can't be attached in the first place or, without `standIn`, if it can't be restarted.
 */
export function bpfSource(options: TracerOptions, standIn: Pace | null): Source {
  return { name: "bpf", events: (signal) => new BpfRun(options, standIn, signal).events() };
}

/** `bpftrace 0.17.0, full probes`. */
function describeBpf({ bpftrace, program }: TracerOptions): string {
  return `bpftrace ${bpftrace.version}, ${program} probes`;
}

function bpfFailed({ reason }: TracerEnd): UserError {
  return new UserError("bpf-unavailable", reason, "see `tcptrace doctor`");
}

class BpfRun {
  readonly #options: TracerOptions;
  readonly #signal: AbortSignal;
  readonly #clock = new KernelClock();
  readonly #surveyor: Surveyor;
  readonly #auxiliary: AuxiliaryReaders;
  readonly #standInPace: Pace | null;
  /** Polls /proc while there is no tracer; null while there is one. */
  #polling: ProcPoll | null = null;

  constructor(options: TracerOptions, standIn: Pace | null, signal: AbortSignal) {
    this.#options = options;
    this.#standInPace = standIn;
    this.#signal = signal;
    this.#surveyor = new Surveyor(() => this.#clock.now(), signal);
    this.#auxiliary = new AuxiliaryReaders(() => this.#clock.now(), signal);
  }

  async *events(): AsyncGenerator<Batch, void, void> {
    yield* this.#traceAndRestart();
    if (this.#polling === null) return;
    // bpftrace is not started again.
    yield* this.#idle(Infinity);
    yield* this.#lastLook();
  }

  async *#traceAndRestart(): AsyncGenerator<Batch, void, void> {
    /** Since when nothing has been traced, if that gap has not been reported yet. */
    let downSince: Nanos | null = null;
    let isFirst = true;
    for (let failures = 0; !this.#signal.aborted;) {
      const tracer = new Tracer(this.#options, this.#clock);
      const begun = performance.now();
      let attached = false;
      let end: TracerEnd;
      try {
        attached = yield* this.#attach(tracer, isFirst);
        isFirst = false;
        if (attached) {
          // Polls of /proc have already reported what was traced until now.
          const polledUntil = downSince === null ? -Infinity : this.#clock.now();
          yield this.#attachedEvents(downSince);
          downSince = null;
          yield* this.#follow(tracer, polledUntil);
        }
      } finally {
        tracer.stop();
        end = await tracer.ended;
      }
      const tracedUntil = Math.max(tracer.latest, tracer.watermark) || this.#clock.now();
      if (attached) yield* this.#rest(tracer);
      if (this.#signal.aborted) {
        if (attached && end.isCutOff) yield [this.#gap(tracedUntil)];
        return;
      }
      if (performance.now() - begun > GOOD_RUN_MS) failures = 0;
      if (attached) downSince = tracedUntil;
      if (downSince === null) throw bpfFailed(performance.now() - begun < ATTACH_TIMEOUT_MS ? end : NOT_ATTACHED);
      if (this.#standInPace !== null) downSince = yield* this.#standIn(downSince, this.#standInPace);
      const wait = BACKOFF_MS[failures++];
      const next = wait === undefined ? `, ${failures} times in a row` : `; restarting in ${wait / 1000} s`;
      yield this.#explain(`${end.reason}${next}`);
      if (wait !== undefined) yield* this.#idle(wait);
      else if (this.#polling !== null) return;
      else {
        yield [this.#gap(downSince)];
        throw bpfFailed(end);
      }
    }
  }

  /** Starts polling /proc. Returns the time up to which the gap has been reported. */
  async *#standIn(downSince: Nanos, pace: Pace): AsyncGenerator<Batch, Nanos, void> {
    if (this.#polling !== null) return downSince;
    const now = (): Nanos => this.#clock.now();
    this.#polling = new ProcPoll({ now, surveyor: this.#surveyor, auxiliary: this.#auxiliary, pace });
    const gap = this.#gap(downSince);
    yield [gap];
    return gap.at;
  }

  /** Waits until the tracer reports; meanwhile yields what /proc shows. False if it ended instead. */
  async *#attach(tracer: Tracer, isFirst: boolean): AsyncGenerator<Batch, boolean, void> {
    if (isFirst) yield [this.#clock.anchor(), this.#sourceChange("attaching bpftrace …", false)];
    const deadline = performance.now() + ATTACH_TIMEOUT_MS;
    while (!tracer.isAttached && !tracer.hasEnded && !this.#signal.aborted && performance.now() < deadline) {
      yield this.#untraced();
      tracer.ask();
      await this.#pause(TICK_MS);
    }
    return tracer.isAttached && !tracer.hasEnded;
  }

  #attachedEvents(downSince: Nanos | null): Batch {
    this.#polling = null;
    this.#surveyor.pace = BESIDE_TRACER;
    const gap = downSince === null ? [] : [this.#gap(downSince)];
    return [this.#clock.anchor(), ...gap, this.#sourceChange(describeBpf(this.#options), true)];
  }

  /** Everything from now on is traced; the survey that finds older sockets begins after this. */
  async *#follow(tracer: Tracer, polledUntil: Nanos): AsyncGenerator<Batch, void, void> {
    let needsSurvey = true;
    this.#surveyor.expedite();
    while (!tracer.hasEnded && !this.#signal.aborted) {
      const heldBack = this.#surveyor.begunAt ?? Infinity;
      needsSurvey ||= tracer.hasSkipped;
      const surveys = this.#surveys(needsSurvey, this.#isLate(tracer));
      if ((this.#surveyor.begunAt ?? heldBack) !== heldBack) {
        needsSurvey = false;
        tracer.hasSkipped = false;
      }
      // A finished survey shows the time when it began: later events must follow it.
      const isBehind = tracer.watermark < polledUntil;
      const taken = tracer.take(heldBack);
      const traced = isBehind ? taken.filter(({ kind, at }) => kind === "tick" || at >= polledUntil) : taken;
      for (const event of traced) this.#notice(event);
      yield traced;
      const folding = process.cpuUsage();
      if (surveys.length > 0) yield surveys;
      // The cost of folding a survey also decides how often surveys are taken.
      if (surveys.some(({ kind }) => kind === "survey")) this.#surveyor.charge(cpuMsSince(folding));
      await this.#pause(TICK_MS);
    }
    yield* this.#untilNow(tracer);
  }

  /** When stopped, bpftrace 0.17 discards what it has not printed: waits until everything up to now has arrived. */
  async *#untilNow(tracer: Tracer): AsyncGenerator<Batch, void, void> {
    const now = this.#clock.now();
    const deadline = performance.now() + LAST_EVENTS_MS;
    while (!tracer.hasEnded && tracer.watermark < now && performance.now() < deadline) {
      await sleep(TICK_MS);
      yield tracer.take(Infinity);
    }
    if (tracer.watermark >= now) tracer.ignoreFinalLoss();
  }

  /** What was under way when the tracer ended, and a last survey for what the kernel skipped. */
  async *#rest(tracer: Tracer): AsyncGenerator<Batch, void, void> {
    yield tracer.take(Infinity, true);
    if (this.#signal.aborted) yield* this.#lastLook();
    // A survey under way is older than the events just yielded.
    else this.#surveyor.restart();
  }

  async *#lastLook(): AsyncGenerator<Batch, void, void> {
    const survey = await this.#surveyor.last();
    if (survey === null) return;
    this.#auxiliary.note(survey);
    yield [survey, ...(await this.#auxiliary.last()), this.#tick()];
  }

  /** Reports why there is no tracer. */
  #explain(reason: string): Batch {
    if (this.#polling === null) return [this.#sourceChange(reason, false), this.#tick()];
    this.#polling.because(reason);
    return this.#polling.batch();
  }

  async *#idle(ms: number): AsyncGenerator<Batch, void, void> {
    for (let left = ms; left > 0 && !this.#signal.aborted; left -= TICK_MS) {
      await this.#pause(TICK_MS);
      yield this.#untraced();
    }
  }

  /** What /proc shows while there is no tracer. */
  #untraced(): Batch {
    return this.#polling?.batch() ?? [...this.#surveys(), this.#tick()];
  }

  #notice(event: TraceEvent): void {
    this.#auxiliary.note(event);
    // A socket that was reset in CLOSE_WAIT no longer has a row, but its descriptor may still be open.
    if (event.kind !== "transition" || event.to !== TCP.CLOSE || event.from !== TCP.CLOSE_WAIT) return;
    if (event.inode !== null) this.#surveyor.remember(event.inode);
  }

  #isLate({ watermark }: Tracer): boolean {
    return watermark > 0 && this.#clock.now() - watermark > BEHIND;
  }

  #surveys(atOnce = false, isLate = false): TraceEvent[] {
    const survey = this.#surveyor.take(atOnce);
    if (survey !== null) this.#auxiliary.note(survey);
    return [...(survey === null ? [] : [survey]), ...this.#auxiliary.take(isLate)];
  }

  #sourceChange(detail: string, ready: boolean): TraceEvent {
    return { kind: "source", at: this.#clock.now(), source: "bpf", ready, detail };
  }

  #gap(from: Nanos): Gap {
    return { kind: "gap", at: this.#clock.now(), from };
  }

  #tick(): TraceEvent {
    const at = this.#clock.now();
    return { kind: "tick", at, watermark: at };
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => {});
  }
}
