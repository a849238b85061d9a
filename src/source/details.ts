import type { DetailsSeen, Nanos, Survey, TraceEvent } from "../model/event.ts";
import { TCP } from "../model/tcp-state.ts";
import { childrenCpuMs } from "../host/processes.ts";
import { SocketDiagnosis } from "./socket-diagnosis.ts";

const USUAL_INTERVAL_MS = 1000;
const MOST_OF_A_CORE = 0.02;
const LAST_MS = 3000;

/**
 * Asks the kernel for details of connections in CLOSE_WAIT, in the background: once a second while there are some, and so
 * seldom that it costs at most 2 % of a core.
 */
export class DetailReader {
  readonly #now: () => Nanos;
  readonly #signal: AbortSignal;
  readonly #diagnosis = new SocketDiagnosis();
  /** Namespaces with connections in CLOSE_WAIT or in accept queues. */
  readonly #wanted = new Set<number>();
  #answer: DetailsSeen | null = null;
  #running: Promise<void> | null = null;
  #due = 0;

  constructor(now: () => Nanos, signal: AbortSignal) {
    this.#now = now;
    this.#signal = signal;
  }

  /** Learns from what is traced and surveyed where there is something to ask for. */
  note(event: TraceEvent): void {
    if (event.kind === "transition" && event.to === TCP.CLOSE_WAIT && event.netns !== null)
      this.#wanted.add(event.netns);
    else if (event.kind === "survey") for (const netns of worthAsking(event)) this.#wanted.add(netns);
  }

  /** What has been answered since the last call; asks again when it is time. */
  take(): DetailsSeen | null {
    const answer = this.#answer;
    this.#answer = null;
    if (this.#running === null && this.#wanted.size > 0 && performance.now() >= this.#due && !this.#signal.aborted) {
      this.#running = this.#ask(this.#signal);
    }
    return answer;
  }

  /** A last answer, when the run has ended; null when there is nothing to ask for, or no answer in time. */
  async last(): Promise<DetailsSeen | null> {
    await this.#running;
    await this.#ask(AbortSignal.timeout(LAST_MS));
    return this.#answer;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const askedAt = this.#now();
    const namespaces = [...this.#wanted];
    this.#wanted.clear();
    const before = childrenCpuMs();
    // An answer that was cut off by the end of the run is none.
    const rows = await this.#diagnosis.ask(namespaces, signal).catch(() => null);
    const cost = childrenCpuMs() - before;
    this.#due = performance.now() + Math.max(USUAL_INTERVAL_MS, cost / MOST_OF_A_CORE);
    this.#running = null;
    if (rows === null) return;
    this.#answer = { kind: "details", at: this.#now(), askedAt, ...rows };
    for (const { netns } of rows.details) this.#wanted.add(netns);
  }
}

function worthAsking({ sockets }: Survey): Set<number> {
  const namespaces = new Set<number>();
  for (const { state, inode, receiveQueue, netns } of sockets) {
    const isQueued = state === TCP.ESTABLISHED && inode === 0;
    if (state === TCP.CLOSE_WAIT || isQueued || (state === TCP.LISTEN && receiveQueue > 0)) namespaces.add(netns);
  }
  return namespaces;
}
