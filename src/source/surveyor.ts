import { HolderFinder } from "../host/holders.ts";
import { takeSurvey } from "../host/survey.ts";
import type { Nanos, Survey } from "../model/event.ts";

const USUAL_INTERVAL_MS = 2000;
const SHORTEST_INTERVAL_MS = 300;
const MOST_OF_A_CORE = 0.02;
const LAST_SURVEY_MS = 5000;

/**
 * Takes surveys of /proc in the background, one at a time, and so seldom that they cost at most 2 % of a core.
 */
export class Surveyor {
  readonly #now: () => Nanos;
  readonly #signal: AbortSignal;
  readonly #holders = new HolderFinder();
  #soonest = 0;
  #isExpedited = false;
  #lastEnd = -Infinity;
  #survey: Survey | null = null;
  #begunAt: Nanos | null = null;
  #failure: unknown = null;
  #running: Promise<void> = Promise.resolve();

  constructor(now: () => Nanos, signal: AbortSignal) {
    this.#now = now;
    this.#signal = signal;
  }

  /** When the survey under way or ready began, null when there is none: what happened later is to be told after it. */
  get begunAt(): Nanos | null {
    return this.#begunAt;
  }

  /** The survey that has become ready since the last call. Begins the next one when it is due, or as soon as allowed. */
  take(isUrgent = false): Survey | null {
    if (this.#failure !== null) throw this.#failure;
    const survey = this.#survey;
    this.#survey = null;
    if (survey !== null) this.#begunAt = null;
    const usual = Math.max(this.#soonest, this.#lastEnd + USUAL_INTERVAL_MS);
    const due = this.#isExpedited ? 0 : isUrgent ? this.#soonest : usual;
    if (this.#begunAt === null && performance.now() >= due) this.#running = this.#begin();
    return survey;
  }

  /** Lets the next survey begin as soon as none is under way, whatever the last one cost. */
  expedite(): void {
    this.#isExpedited = true;
  }

  /** The socket of this inode is reported as long as some process holds it, though it has no row any more. */
  remember(inode: number): void {
    this.#holders.remember(inode);
  }

  /** A last survey, exact, when the run has ended; null when it takes too long. */
  async last(): Promise<Survey | null> {
    await this.#running;
    try {
      return await this.#read(AbortSignal.timeout(LAST_SURVEY_MS), true);
    } catch {
      return null;
    }
  }

  async #begin(): Promise<void> {
    this.#begunAt = this.#now();
    this.#isExpedited = false;
    const before = process.cpuUsage();
    try {
      this.#survey = await this.#read(this.#signal, false);
      const { user, system } = process.cpuUsage(before);
      this.#lastEnd = performance.now();
      this.#soonest = this.#lastEnd + Math.max(SHORTEST_INTERVAL_MS, (user + system) / 1000 / MOST_OF_A_CORE);
    } catch (error) {
      if (!this.#signal.aborted) this.#failure = error;
      this.#begunAt = null;
    }
  }

  async #read(signal: AbortSignal, exact: boolean): Promise<Survey> {
    return withoutOwn(await takeSurvey(this.#now, { signal, holders: this.#holders, exact }));
  }
}

/** tcptrace's own sockets are no news to its user. */
function withoutOwn(survey: Survey): Survey {
  const own = survey.processes.find(({ pid }) => pid === process.pid);
  if (own === undefined) return survey;
  const processes = survey.processes.filter((holder) => holder !== own);
  const inodes = new Set(own.sockets.map(({ inode }) => inode));
  // What it has inherited is others', too.
  for (const { sockets } of processes) for (const { inode } of sockets) inodes.delete(inode);
  return { ...survey, processes, sockets: survey.sockets.filter(({ inode }) => inode === 0 || !inodes.has(inode)) };
}
