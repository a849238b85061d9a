import type { CountersSeen } from "../events/event.ts";
import type { CounterName, HostFigures, NamespaceCounters, NetworkSettings } from "../net/counters.ts";
import { CounterRates, type HostRates, hasFallen } from "./counter-rates.ts";
import { RecentCounters, type Rise } from "./recent-counters.ts";

/** The kernel's defaults. */
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

/** What the kernel counts by itself and how it is set, as last read and as it has changed. */
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
      // A namespace whose counters have fallen is another one with its number.
      if (first === undefined || hasFallen(first, one)) this.#first.set(one.netns, one);
      if (one.settings !== null) this.#settings.set(one.netns, one.settings);
    }
  }

  /** The last reading; null before the first. */
  get last(): CountersSeen | null {
    return this.#last;
  }

  /** Each namespace as last read. */
  get namespaces(): readonly NamespaceCounters[] {
    return this.#last?.namespaces ?? [];
  }

  /** The machine as last read; null when it never was. */
  get host(): HostFigures | null {
    return this.#last?.host ?? null;
  }

  /** As first read in the namespace. */
  firstOf(netns: number): NamespaceCounters | undefined {
    return this.#first.get(netns);
  }

  /** The settings of each namespace where they were read. */
  get settings(): ReadonlyMap<number, NetworkSettings> {
    return this.#settings;
  }

  /** The settings of a namespace; the kernel's defaults where they are not known. */
  settingsOf(netns: number | null): NetworkSettings {
    return (netns === null ? undefined : this.#settings.get(netns)) ?? DEFAULTS;
  }

  /** What happens per second in all namespaces together; null until they have been read twice. */
  rates(): HostRates | null {
    return this.#rates.rates();
  }

  /** What a namespace has counted of these within the last minute; null when it does not count them. */
  rise(netns: number, ...names: readonly CounterName[]): Rise | null {
    return this.#recent.rise(netns, ...names);
  }

  /** Packets dropped within the last minute, before any namespace saw them. */
  backlogDrops(): Rise | null {
    return this.#recent.backlogDrops();
  }
}
