import { debug } from "../../base/debug.ts";
import { childrenCpuMs } from "../../host/processes/processes.ts";
import type { DetailsSeen, IdleSeen, SocketDetail } from "../../model/events/details.ts";
import type { TraceEvent, Transition } from "../../model/events/event.ts";
import type { Survey } from "../../model/events/survey.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { TCP } from "../../model/net/tcp-state.ts";
import { SocketDiagnosis } from "./socket-diagnosis.ts";

const USUAL_INTERVAL_MS = 1000;
/** Connections of a server that closes at once are in CLOSE_WAIT only briefly: those are not asked about. */
const LASTING: Nanos = 200e6;
const MOST_OF_A_CORE = 0.02;
const LAST_MS = 3000;
const FIRST_IDLE_MS = 1000;
const IDLE_INTERVAL_MS = 30_000;
const IDLE_MOST_OF_A_CORE = 0.01;

type Diagnosis = Pick<SocketDiagnosis, "ask" | "askIdle">;

/**
 * Asks the kernel for details of connections in CLOSE_WAIT, in the background: once a second while some last, or less
 * often, to cost at most 2 % of a core. Asks twice a minute, at most 1 % of a core, which established connections are
 * idle.
 */
export class DetailReader {
  readonly #now: () => Nanos;
  readonly #signal: AbortSignal;
  readonly #diagnosis: Diagnosis;
  /** Transitions into CLOSE_WAIT since the last survey that no later one has left, by address, oldest first. */
  readonly #entered = new Map<number, Transition>();
  /** Namespaces with connections in CLOSE_WAIT, in accept queues or on their way there. */
  readonly #wanted = new Set<number>();
  /** Those of them that a survey has shown, until they are asked about. */
  readonly #surveyed = new Set<number>();
  /** Ports of what was in CLOSE_WAIT in the last answer: a connection seen twice is lasting. */
  #answered: ReadonlySet<number> = new Set();
  /** Namespaces with connections. */
  #connected: readonly number[] = [];
  #answer: DetailsSeen | null = null;
  #running: Promise<void> | null = null;
  #due = 0;
  /** Everything up to here has been traced: what has not left CLOSE_WAIT by then is still in it. */
  #watermark: Nanos = 0;
  /** Not at once: a short run does not wait for it. */
  #idleDue = performance.now() + FIRST_IDLE_MS;

  constructor(now: () => Nanos, signal: AbortSignal, diagnosis: Diagnosis = new SocketDiagnosis()) {
    this.#diagnosis = diagnosis;
    this.#now = now;
    this.#signal = signal;
  }

  /** Learns from what is traced and surveyed what to ask about. */
  note(event: TraceEvent): void {
    if (event.kind === "transition") {
      if (event.from === TCP.CLOSE_WAIT || event.to === TCP.CLOSE_WAIT) this.#entered.delete(event.address);
      if (event.to === TCP.CLOSE_WAIT && event.netns !== null) this.#entered.set(event.address, event);
    } else if (event.kind === "tick") this.#watermark = event.watermark;
    else if (event.kind === "survey") {
      for (const netns of worthAsking(event)) {
        this.#wanted.add(netns);
        this.#surveyed.add(netns);
      }
      this.#connected = [...connectedIn(event)];
      // The survey shows these; if it does not, the event of their end was lost.
      for (const { at, address } of this.#entered.values()) {
        if (at >= event.at) break;
        this.#entered.delete(address);
      }
    }
  }

  /** The answer since the last call; asks again when that is due and allowed. */
  take(mayAsk = true): DetailsSeen | null {
    const answer = this.#answer;
    this.#answer = null;
    const now = performance.now();
    if (now >= this.#due) this.#wantLasting();
    const isDue = (this.#wanted.size > 0 && now >= this.#due) || (this.#connected.length > 0 && now >= this.#idleDue);
    if (mayAsk && this.#running === null && isDue && !this.#signal.aborted) {
      this.#running = this.#ask(this.#signal);
    }
    return answer;
  }

  /** Asks next about those that have been in CLOSE_WAIT for a while. */
  #wantLasting(): void {
    const until = this.#watermark - LASTING;
    for (const { at, netns } of this.#entered.values()) {
      if (at > until) return;
      if (netns !== null) this.#wanted.add(netns);
    }
  }

  /** A last answer, when the run has ended; null if there is nothing to ask about, or no answer in time. */
  async last(): Promise<DetailsSeen | null> {
    await this.#running;
    this.#wantLasting();
    const timeout = AbortSignal.timeout(LAST_MS);
    await this.#ask(timeout);
    if (timeout.aborted) debug("no last socket details", timeout.reason);
    return this.#answer;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const askedAt = this.#now();
    const namespaces = [...this.#wanted];
    const surveyed = new Set(this.#surveyed);
    this.#wanted.clear();
    this.#surveyed.clear();
    const before = childrenCpuMs();
    const rows = await this.#diagnosis.ask(namespaces, signal).catch((error: unknown) => noteUnanswered(signal, error));
    const cost = childrenCpuMs() - before;
    const idle = signal === this.#signal ? await this.#askIdle(signal) : null;
    this.#due = performance.now() + Math.max(USUAL_INTERVAL_MS, cost / MOST_OF_A_CORE);
    this.#running = null;
    if (rows === null) {
      for (const netns of namespaces) this.#wanted.add(netns);
      for (const netns of surveyed) this.#surveyed.add(netns);
      if (idle === null) return;
    }
    const { details, backlogs } = rows ?? { details: [], backlogs: [] };
    this.#answer = { kind: "details", at: this.#now(), askedAt, details, backlogs, ...(idle && { idle }) };
    for (const detail of details)
      if (surveyed.has(detail.netns) || this.#answered.has(portsOf(detail))) this.#wanted.add(detail.netns);
    this.#answered = new Set(details.map(portsOf));
  }

  async #askIdle(signal: AbortSignal): Promise<IdleSeen | null> {
    if (performance.now() < this.#idleDue) return null;
    const before = childrenCpuMs();
    const idle = await this.#diagnosis
      .askIdle(this.#connected, signal)
      .catch((error: unknown) => noteUnanswered(signal, error));
    const cost = childrenCpuMs() - before;
    this.#idleDue = performance.now() + Math.max(IDLE_INTERVAL_MS, cost / IDLE_MOST_OF_A_CORE);
    return idle;
  }
}

/** A question that the end of the run interrupts is not an error. */
function noteUnanswered(signal: AbortSignal, error: unknown): null {
  if (!signal.aborted) debug("no socket details from ss", error);
  return null;
}

/** Nearly unique for each connection; if two share it, one is asked about once more than needed. */
function portsOf({ localPort, remotePort }: SocketDetail): number {
  return localPort * 65_536 + remotePort;
}

function connectedIn({ sockets }: Survey): Set<number> {
  const namespaces = new Set<number>();
  for (const { state, inode, netns } of sockets) if (state === TCP.ESTABLISHED && inode !== 0) namespaces.add(netns);
  return namespaces;
}

function worthAsking({ sockets }: Survey): Set<number> {
  const namespaces = new Set<number>();
  for (const { state, inode, receiveQueue, netns } of sockets) {
    const isQueued = state === TCP.ESTABLISHED && inode === 0;
    const isHandshake = state === TCP.SYN_RECV;
    if (state === TCP.CLOSE_WAIT || isQueued || isHandshake || (state === TCP.LISTEN && receiveQueue > 0))
      namespaces.add(netns);
  }
  return namespaces;
}
