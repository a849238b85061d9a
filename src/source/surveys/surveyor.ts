import { debug } from "../../base/debug.ts";
import { HolderFinder } from "../../host/processes/holders.ts";
import { KnownTables } from "../../host/survey/known-rows.ts";
import { takeSurvey } from "../../host/survey/survey.ts";
import type { Survey } from "../../model/events/survey.ts";
import type { Nanos } from "../../model/net/nanos.ts";

/**
 * How often surveys are taken, and what share of a core they may cost: the more sockets there are, the fewer surveys.
 */
export interface Pace {
  readonly intervalMs: number;
  readonly mostOfACore: number;
}

/** The pace beside a tracer, which reports most changes. */
export const BESIDE_TRACER: Pace = { intervalMs: 2000, mostOfACore: 0.01 };

const SHORTEST_REST_MS = 300;
const LAST_SURVEY_MS = 5000;

/** Takes surveys of /proc in the background, one at a time, at a pace. */
export class Surveyor {
  pace: Pace;
  readonly #now: () => Nanos;
  readonly #signal: AbortSignal;
  readonly #takeSurvey: typeof takeSurvey;
  readonly #holders = new HolderFinder();
  readonly #tables = new KnownTables();
  #isExpedited = false;
  #isStale = false;
  #beginMs = -Infinity;
  #endMs = -Infinity;
  /** What the last survey and folding it cost: the next one is expected to cost the same. */
  #surveyCpuMs = 0;
  #foldCpuMs = 0;
  #survey: Survey | null = null;
  #begunAt: Nanos | null = null;
  #failure: unknown = null;
  #running: Promise<void> = Promise.resolve();

  constructor(
    now: () => Nanos,
    signal: AbortSignal,
    pace: Pace = BESIDE_TRACER,
    survey: typeof takeSurvey = takeSurvey,
  ) {
    this.#now = now;
    this.#signal = signal;
    this.pace = pace;
    this.#takeSurvey = survey;
  }

  /** From the start of one survey to the start of the next, at present. */
  get intervalMs(): number {
    return Math.max(this.pace.intervalMs, this.#affordableMs);
  }

  get #affordableMs(): number {
    return (this.#surveyCpuMs + this.#foldCpuMs) / this.pace.mostOfACore;
  }

  /** When the survey under way or ready began, null when there is none: what happened later comes after it. */
  get begunAt(): Nanos | null {
    return this.#begunAt;
  }

  /**
   * The survey that has become ready since the last call. Begins the next one when it is due, or as soon as allowed.
   */
  take(isUrgent = false): Survey | null {
    if (this.#failure !== null) throw this.#failure;
    const survey = this.#survey;
    this.#survey = null;
    if (survey !== null) this.#begunAt = null;
    const interval = isUrgent ? this.#affordableMs : this.intervalMs;
    const due = this.#isExpedited ? 0 : Math.max(this.#endMs + SHORTEST_REST_MS, this.#beginMs + interval);
    if (this.#begunAt === null && performance.now() >= due) this.#running = this.#begin();
    return survey;
  }

  /** What it cost to fold the survey that was taken last. */
  charge(cpuMs: number): void {
    this.#foldCpuMs = cpuMs;
  }

  /** Drops the survey under way, which is too old by now; the next one begins as soon as that has ended. */
  restart(): void {
    this.#isStale = this.#begunAt !== null && this.#survey === null;
    if (!this.#isStale) this.#begunAt = null;
    this.#survey = null;
    this.expedite();
  }

  /** Lets the next survey begin as soon as none is under way, whatever the last one cost. */
  expedite(): void {
    this.#isExpedited = true;
  }

  /** From now on surveys report this socket as long as some process holds it, even without a row. */
  remember(inode: number): void {
    this.#holders.remember(inode);
  }

  /** A last survey, exact, when the run has ended; null when it takes too long. */
  async last(): Promise<Survey | null> {
    await this.#running;
    try {
      return await this.#read(AbortSignal.timeout(LAST_SURVEY_MS), true);
    } catch (error) {
      debug("no last survey", error);
      return null;
    }
  }

  async #begin(): Promise<void> {
    this.#begunAt = this.#now();
    this.#isExpedited = false;
    this.#beginMs = performance.now();
    const before = process.cpuUsage();
    try {
      const survey = await this.#read(this.#signal, false);
      this.#surveyCpuMs = cpuMsSince(before);
      const poll = { cpuMs: this.#surveyCpuMs + this.#foldCpuMs, intervalMs: this.intervalMs };
      if (this.#isStale) this.#begunAt = null;
      else this.#survey = { ...survey, poll };
    } catch (error) {
      if (!this.#signal.aborted) this.#failure = error;
      this.#begunAt = null;
    }
    this.#isStale = false;
    this.#endMs = performance.now();
  }

  async #read(signal: AbortSignal, exact: boolean): Promise<Survey> {
    const options = { signal, holders: this.#holders, tables: this.#tables, exact };
    return withoutOwn(await this.#takeSurvey(this.#now, options));
  }
}

/** CPU time of this process since then, in milliseconds. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Leaves out tcptrace's own sockets. */
function withoutOwn(survey: Survey): Survey {
  const own = survey.processes.find(({ pid }) => pid === process.pid);
  if (own === undefined) return survey;
  const processes = survey.processes.filter((holder) => holder !== own);
  const inodes = new Set(own.sockets.map(({ inode }) => inode));
  // Inherited sockets belong to other processes too.
  for (const { sockets } of processes) for (const { inode } of sockets) inodes.delete(inode);
  return { ...survey, processes, sockets: survey.sockets.filter(({ inode }) => inode === 0 || !inodes.has(inode)) };
}
