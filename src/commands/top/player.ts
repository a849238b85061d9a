import { setImmediate as breathe, setTimeout as sleep } from "node:timers/promises";
import { PlaybackClock } from "./playback-clock.ts";
import { ReadAhead } from "./read-ahead.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import type { Filter } from "../../model/filter/filter.ts";
import { Model } from "../../model/fold/model.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { Recording } from "../../recording/read/reader.ts";
import { type JumpTarget, type PlayerCommand, type PlayerState, SPEEDS } from "../../view/state/player-ui.ts";

/** Keys are handled at least this often. */
const SLICE_MS = 15;
const SLICE_EVENTS = 512;
const DAY_MS = 86_400_000;
/** How often to look for newly stuck processes. */
const STUCK_CHECK_EVERY: Nanos = 1e9;
const MOST_AHEAD = { file: 20_000, pipe: 500_000 } as const;

/** Where a jump stops. */
type Goal = { readonly kind: "time"; readonly at: Nanos } | { readonly kind: "step" | "loss" | "stuck" | "end" };

export interface PlayerOptions {
  /** Which mini-sockets are counted. */
  readonly filter: Filter;
  readonly recording: Recording;
  /** Opens it again from the start; null for a pipe. */
  readonly reopen: (() => Promise<Recording>) | null;
  /** Receives each new model before anything is folded into it. */
  readonly watch?: (model: Model) => void;
  /** The processes that have stuck sockets. */
  readonly stuckPids: (model: Model) => ReadonlySet<number>;
}

/** Plays a recording into a model, by the clock of the recording. */
export class Player {
  model: Model;
  readonly #options: PlayerOptions;
  #recording: Recording;
  #ahead: ReadAhead | null = null;
  #clock: PlaybackClock | null = null;
  #isPaused = false;
  #hasEnded = false;
  #speed = 0;
  #goal: Goal | null = null;
  #restartFor: Goal | null = null;
  #began: Nanos | null = null;
  #position: Nanos = 0;
  #note = "";
  #knownStuck: ReadonlySet<number> = new Set();
  #lookedAt: Nanos = 0;
  #wake: () => void = () => {};

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.model = this.#newModel();
    this.#recording = options.recording;
  }

  #newModel(): Model {
    const model = new Model(this.#options.filter);
    this.#options.watch?.(model);
    return model;
  }

  /** Resolves at the next key. A shared promise would collect a callback per wait, so each wait has its own. */
  async #pressed(): Promise<void> {
    return new Promise((wake) => (this.#wake = wake));
  }

  get speed(): number {
    return SPEEDS[this.#speed] ?? 1;
  }

  state(): PlayerState {
    const { tables } = this.model;
    return {
      state: this.#stateName(),
      speed: this.speed,
      wallMs: this.#began === null || tables.clock.anchor === null ? null : this.model.wallMs(this.#position),
      elapsedMs: this.#began === null ? 0 : (this.#position - this.#began) / 1e6,
      note: this.#note,
    };
  }

  #stateName(): PlayerState["state"] {
    if (this.#goal !== null || this.#restartFor !== null) return "jumping";
    if (this.#hasEnded) return "ended";
    if (this.#isPaused) return "paused";
    return this.#began === null ? "waiting" : "playing";
  }

  press(command: PlayerCommand): void {
    this.#note = "";
    if (command.do === "pause") this.#isPaused = !this.#isPaused;
    else if (command.do === "faster") this.#speed = Math.min(this.#speed + 1, SPEEDS.length - 1);
    else if (command.do === "slower") this.#speed = Math.max(this.#speed - 1, 0);
    else if (command.do === "jump") this.#jump(command.to);
    else this.#aim(goalOf(command.do));
    this.#clock = null;
    this.#wake();
  }

  #aim(goal: Goal): void {
    if (this.#hasEnded) this.#note = "already at the end";
    else this.#goal = goal;
    this.#isPaused = goal.kind !== "end";
    if (goal.kind === "stuck") this.#knownStuck = this.#options.stuckPids(this.model);
  }

  #jump(to: JumpTarget): void {
    // Before the first event the current time is unknown.
    if (this.#began === null) return;
    const at = this.#moment(to);
    if (at >= this.#position) return this.#aim({ kind: "time", at });
    if (this.#options.reopen === null) this.#note = "a pipe cannot go back";
    else this.#restartFor = { kind: "time", at };
  }

  #moment(to: JumpTarget): Nanos {
    if (to.kind === "by") return this.#position + to.ms * 1e6;
    const nowMs = this.model.wallMs(this.#position);
    const midnight = Math.floor(nowMs / DAY_MS) * DAY_MS;
    const wallMs = midnight + ((to.hours * 60 + to.minutes) * 60 + to.seconds) * 1000;
    return this.#position + (wallMs - nowMs) * 1e6;
  }

  /** Plays until `signal` aborts. Reaching the end of the recording does not stop playback: the user may jump back. */
  async play(signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#wake();
    signal.addEventListener("abort", abort);
    while (!signal.aborted) {
      if (this.#restartFor !== null) {
        await this.#restart(this.#restartFor);
        // A key pressed meanwhile may have asked for another restart.
        continue;
      }
      this.#ahead ??= this.#readAhead(signal);
      if (this.#ahead.isEmpty) this.#caughtUp();
      const batch = await this.#ahead.next(this.#pressed());
      if (batch === undefined) continue;
      if (batch !== null) await this.#playBatch(batch, signal);
      else await this.#stayAtEnd(signal);
    }
    this.#ahead?.close();
    signal.removeEventListener("abort", abort);
  }

  /** Ends a jump to the end of a pipe when all it has sent is on the screen; the rest is played as it arrives. */
  #caughtUp(): void {
    if (this.#goal?.kind !== "end" || !this.#recording.isPipe) return;
    this.#goal = null;
    this.#clock = null;
  }

  #readAhead(signal: AbortSignal): ReadAhead {
    const { isPipe } = this.#recording;
    return new ReadAhead(this.#recording.events(signal), isPipe ? MOST_AHEAD.pipe : MOST_AHEAD.file);
  }

  async #restart(goal: Goal): Promise<void> {
    this.#restartFor = null;
    if (this.#options.reopen === null) return;
    this.#ahead?.close();
    this.#recording = await this.#options.reopen();
    this.#ahead = null;
    this.model = this.#newModel();
    this.#hasEnded = false;
    this.#began = null;
    this.#position = 0;
    this.#isPaused = true;
    this.#goal = goal;
  }

  async #stayAtEnd(signal: AbortSignal): Promise<void> {
    this.#goal = null;
    this.#hasEnded = true;
    while (this.#restartFor === null && !signal.aborted) await this.#pressed();
  }

  async #playBatch(batch: readonly TraceEvent[], signal: AbortSignal): Promise<void> {
    let since = performance.now();
    for (const [index, event] of batch.entries()) {
      while (!signal.aborted && this.#restartFor === null && !this.#isDue(event)) await this.#pauseFor(event);
      if (signal.aborted || this.#restartFor !== null) return;
      this.#fold(event);
      if (index % SLICE_EVENTS !== 0 || performance.now() - since < SLICE_MS) continue;
      await breathe();
      since = performance.now();
    }
  }

  /** Whether it is time to fold the event. Only ticks wait: they are frequent, and bound how early others can be. */
  #isDue(event: TraceEvent): boolean {
    if (this.#goal !== null) return true;
    if (this.#isPaused) return false;
    if (event.kind !== "tick") return true;
    this.#clock ??= new PlaybackClock(Math.max(this.#position, this.#began ?? event.at), performance.now(), this.speed);
    return this.#clock.msUntil(event.at, performance.now()) <= 0;
  }

  async #pauseFor(event: TraceEvent): Promise<void> {
    const ms = this.#isPaused ? Infinity : (this.#clock?.msUntil(event.at, performance.now()) ?? 0);
    const timeout = new AbortController();
    const late = ms === Infinity ? [] : [sleep(Math.max(1, ms), undefined, { signal: timeout.signal }).catch(() => {})];
    await Promise.race([this.#pressed(), ...late]);
    timeout.abort();
  }

  #fold(event: TraceEvent): void {
    this.model.fold(event);
    if (event.kind === "tick") {
      this.#position = event.at;
      this.#began ??= event.at;
    }
    if (this.#goal === null || !this.#isReached(this.#goal, event)) return;
    if (this.#goal.kind === "step" || this.#goal.kind === "loss") this.#position = Math.max(this.#position, event.at);
    this.#goal = null;
    this.#clock = null;
  }

  #isReached(goal: Goal, event: TraceEvent): boolean {
    if (goal.kind === "time") return event.kind === "tick" && event.at >= goal.at;
    if (goal.kind === "step") return event.kind === "transition" && event.from !== event.to;
    if (goal.kind === "loss") return event.kind === "loss" || event.kind === "gap";
    return goal.kind === "stuck" && event.kind === "tick" && this.#isNewlyStuck(event.at);
  }

  #isNewlyStuck(at: Nanos): boolean {
    if (at - this.#lookedAt < STUCK_CHECK_EVERY && at >= this.#lookedAt) return false;
    this.#lookedAt = at;
    const stuck = this.#options.stuckPids(this.model);
    const isNew = [...stuck].some((pid) => !this.#knownStuck.has(pid));
    this.#knownStuck = stuck;
    return isNew;
  }
}

function goalOf(command: "step" | "end" | "next-loss" | "next-stuck"): Goal {
  if (command === "next-loss") return { kind: "loss" };
  return { kind: command === "next-stuck" ? "stuck" : command };
}
