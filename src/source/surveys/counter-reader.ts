import { execa } from "execa";
import { debug } from "../../base/debug.ts";
import { readCounters, timeWaitsCounted } from "../../host/kernel/counters.ts";
import { readHostFigures } from "../../host/kernel/host-figures.ts";
import { SETTING_FILES, parseSettings, readOwnSettings } from "../../host/kernel/network-settings.ts";
import { findSystemTool } from "../../host/machine/path-search.ts";
import { Inhabitants } from "../../host/survey/inhabitants.ts";
import type { CountersSeen, TraceEvent } from "../../model/events/event.ts";
import type { NamespaceCounters, NetworkSettings } from "../../model/net/counters.ts";
import type { Nanos } from "../../model/net/nanos.ts";

const USUAL_INTERVAL_MS = 1000;
const MOST_OF_A_CORE = 0.01;
const SETTINGS_INTERVAL_MS = 30_000;
const TIMEOUT_MS = 5000;

interface Settings {
  readonly value: NetworkSettings | null;
  readonly readAt: number;
}

/**
 * Reads what the kernel counts in the namespaces that surveys have found, in the background: once a second, or less
 * often, to cost at most 1 % of a core. Reads their settings every 30 s: for each namespace but our own that takes a
 * process.
 */
export class CounterReader {
  readonly #now: () => Nanos;
  readonly #signal: AbortSignal;
  readonly #inhabitants = new Inhabitants();
  readonly #nsenter = findSystemTool("nsenter");
  readonly #grep = findSystemTool("grep");
  readonly #timeWaitsCounted = timeWaitsCounted();
  readonly #settings = new Map<number, Settings>();
  #namespaces: readonly number[] = [];
  #isRunning = false;
  #answer: CountersSeen | null = null;
  #due = 0;

  constructor(now: () => Nanos, signal: AbortSignal) {
    this.#now = now;
    this.#signal = signal;
  }

  /** Learns from surveys which namespaces there are. */
  note(event: TraceEvent): void {
    if (event.kind === "survey") this.#namespaces = event.namespaces;
  }

  /** What has been read since the last call; reads again when that is due and allowed. */
  take(mayRead = true): CountersSeen | null {
    const answer = this.#answer;
    this.#answer = null;
    const isDue = !this.#isRunning && this.#namespaces.length > 0 && performance.now() >= this.#due;
    if (mayRead && isDue && !this.#signal.aborted)
      void this.#read().catch((error: unknown) => this.#noteFailure(error));
    return answer;
  }

  /** The counters as they are when the run has ended. */
  async last(): Promise<CountersSeen | null> {
    const namespaces = this.#namespaces;
    if (namespaces.length === 0) return null;
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    await this.#learn(namespaces, timeout);
    if (timeout.aborted) debug("last settings of network namespaces not read", timeout.reason);
    return this.#countersAt(this.#now(), namespaces);
  }

  #noteFailure(error: unknown): void {
    if (!this.#signal.aborted) debug("kernel counters not read", error);
  }

  async #read(): Promise<void> {
    this.#isRunning = true;
    // If reading fails, do not retry at once.
    this.#due = performance.now() + USUAL_INTERVAL_MS;
    try {
      const namespaces = this.#namespaces;
      await this.#learn(namespaces, this.#signal);
      const begun = performance.now();
      const at = this.#now();
      this.#answer = this.#countersAt(at, namespaces);
      const cost = performance.now() - begun;
      this.#due = performance.now() + Math.max(USUAL_INTERVAL_MS, cost / MOST_OF_A_CORE);
    } finally {
      this.#isRunning = false;
    }
  }

  async #learn(namespaces: readonly number[], signal: AbortSignal): Promise<void> {
    await this.#inhabitants.find(namespaces);
    for (const netns of namespaces) await this.#refreshSettings(netns, signal);
    for (const netns of this.#settings.keys()) if (!namespaces.includes(netns)) this.#settings.delete(netns);
  }

  #countersAt(at: Nanos, namespaces: readonly number[]): CountersSeen {
    const read = { namespaces: this.#readAll(namespaces), host: readHostFigures() };
    return { kind: "counters", at, ...read, timeWaitsCounted: this.#timeWaitsCounted };
  }

  #readAll(namespaces: readonly number[]): NamespaceCounters[] {
    const all: NamespaceCounters[] = [];
    for (const netns of namespaces) {
      const pid = this.#inhabitants.of(netns);
      const counted = pid === undefined ? null : readCounters(pid);
      if (counted !== null) all.push({ netns, ...counted, settings: this.#settings.get(netns)?.value ?? null });
    }
    return all;
  }

  async #refreshSettings(netns: number, signal: AbortSignal): Promise<void> {
    const known = this.#settings.get(netns);
    if (known !== undefined && performance.now() - known.readAt < SETTINGS_INTERVAL_MS) return;
    const pid = this.#inhabitants.of(netns);
    if (pid === undefined) return;
    const value = pid === "self" ? readOwnSettings() : await this.#settingsOf(pid, signal);
    this.#settings.set(netns, { value: value ?? known?.value ?? null, readAt: performance.now() });
  }

  /** /proc/sys/net shows each reader the settings of its own namespace: a process has to enter the other one. */
  async #settingsOf(pid: number, signal: AbortSignal): Promise<NetworkSettings | null> {
    if (this.#nsenter === null || this.#grep === null) return null;
    const words = [`--net=/proc/${pid}/ns/net`, this.#grep, "-s", "", ...SETTING_FILES];
    const { stdout, failed, shortMessage } = await execa(this.#nsenter, words, {
      stdin: "ignore",
      stderr: "ignore",
      reject: false,
      timeout: TIMEOUT_MS,
      cancelSignal: signal,
      env: { LC_ALL: "C" },
      extendEnv: false,
      maxBuffer: 65_536,
    });
    const settings = parseSettings(stdout);
    // grep fails if a single file is missing, although it reads all the others.
    if (failed && settings === null && !signal.aborted)
      debug(`settings of pid ${pid}'s network namespace not read`, shortMessage);
    return settings;
  }
}
