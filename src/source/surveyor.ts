import { takeSurvey } from "../host/survey.ts";
import type { Nanos, Survey } from "../model/event.ts";

const USUAL_INTERVAL_MS = 2000;
const SHORTEST_INTERVAL_MS = 300;
const MOST_OF_A_CORE = 0.02;

/** Takes surveys of /proc in the background, one at a time, and so seldom that they cost at most 2 % of a core. */
export class Surveyor {
  readonly #now: () => Nanos;
  readonly #signal: AbortSignal;
  #soonest = 0;
  #lastEnd = -Infinity;
  #survey: Survey | null = null;
  #begunAt: Nanos | null = null;
  #failure: unknown = null;

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
    const due = isUrgent ? this.#soonest : Math.max(this.#soonest, this.#lastEnd + USUAL_INTERVAL_MS);
    if (this.#begunAt === null && performance.now() >= due) void this.#begin();
    return survey;
  }

  /** Lets the next urgent survey begin at once, whatever the last one cost. */
  expedite(): void {
    this.#soonest = 0;
  }

  /** A survey now; null when there is no time for it. */
  async now(): Promise<Survey | null> {
    await this.#begin();
    return this.#survey;
  }

  async #begin(): Promise<void> {
    this.#begunAt = this.#now();
    const before = process.cpuUsage();
    try {
      this.#survey = withoutOwn(await takeSurvey(this.#now, this.#signal));
      const { user, system } = process.cpuUsage(before);
      this.#lastEnd = performance.now();
      this.#soonest = this.#lastEnd + Math.max(SHORTEST_INTERVAL_MS, (user + system) / 1000 / MOST_OF_A_CORE);
    } catch (error) {
      if (!this.#signal.aborted) this.#failure = error;
      this.#begunAt = null;
    }
  }
}

/** tcptrace's own sockets are no news to its user. */
function withoutOwn(survey: Survey): Survey {
  const own = survey.processes.find(({ pid }) => pid === process.pid);
  if (own === undefined) return survey;
  const inodes = new Set(own.sockets.map(({ inode }) => inode));
  return {
    ...survey,
    sockets: survey.sockets.filter(({ inode }) => inode === 0 || !inodes.has(inode)),
    processes: survey.processes.filter((holder) => holder !== own),
  };
}
