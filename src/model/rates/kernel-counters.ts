import type { CountersSeen } from "../events/event.ts";
import type { CounterName, HostFigures, NamespaceCounters, NetworkSettings } from "../net/counters.ts";
import { CounterRates, type HostRates, hasFallen } from "./counter-rates.ts";
import { RecentCounters, type Rise } from "./recent-counters.ts";

/** The kernel's default settings. */
const DEFAULTS: NetworkSettings = {
  timeWaitLimit: 262_144,
  firstPort: 32_768,
  lastPort: 60_999,
  reservedPorts: 0,
  timeWaitReuse: 2,
  reuseDelayMs: 1000,
  timestamps: true,
  finTimeoutMs: 60_000,
};

/** The kernel's counters and settings: first and last reading, and rates. */
export class KernelCounters {
  #last: CountersSeen | null = null;
  readonly #first = new Map<number, NamespaceCounters>();
  readonly #settings = new Map<number, NetworkSettings>();
  readonly #rates = new CounterRates();
  readonly #recent = new RecentCounters();

  add(event: CountersSeen): void {
    this.#last = event;
    this.#rates.add(event);
    this.#recent.add(event);
    for (const one of event.namespaces) {
      const first = this.#first.get(one.netns);
      // If the counters fell, it is a new namespace with a reused number.
      if (first === undefined || hasFallen(first, one)) this.#first.set(one.netns, one);
      if (one.settings !== null) this.#settings.set(one.netns, one.settings);
    }
  }

  /** Null before the first reading. */
  get last(): CountersSeen | null {
    return this.#last;
  }

  /** The last reading of each namespace. */
  get namespaces(): readonly NamespaceCounters[] {
    return this.#last?.namespaces ?? [];
  }

  /** The last reading of the whole machine; null before the first. */
  get host(): HostFigures | null {
    return this.#last?.host ?? null;
  }

  /** The first reading of a namespace. */
  firstOf(netns: number): NamespaceCounters | undefined {
    return this.#first.get(netns);
  }

  /** By namespace, if they were readable. */
  get settings(): ReadonlyMap<number, NetworkSettings> {
    return this.#settings;
  }

  /** The settings of a namespace, or the kernel's defaults if unknown. */
  settingsOf(netns: number | null): NetworkSettings {
    return (netns === null ? undefined : this.#settings.get(netns)) ?? DEFAULTS;
  }

  /** Rates over all namespaces; null before the second reading. */
  rates(): HostRates | null {
    return this.#rates.rates();
  }

  /** The rise of these counters in a namespace within the last minute; null if it does not count them. */
  rise(netns: number, ...names: readonly CounterName[]): Rise | null {
    return this.#recent.rise(netns, ...names);
  }

  /** Packets dropped within the last minute, before any namespace saw them. */
  backlogDrops(): Rise | null {
    return this.#recent.backlogDrops();
  }
}
