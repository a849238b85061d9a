import type { CountersSeen } from "../events/event.ts";
import { COUNTERS, type CounterName, type NamespaceCounters } from "../net/counters.ts";
import type { Nanos } from "../net/nanos.ts";

/**
 * Rates over all network namespaces, from the kernel's own counters: they include sockets too short-lived for a poll to
 * see. Null: this kernel does not count it.
 */
export interface HostRates {
  /** Connections opened by connect() (ActiveOpens) and by a listener (PassiveOpens). */
  readonly connects: number;
  readonly accepts: number;
  /** Connections that left ESTABLISHED or CLOSE_WAIT: opened minus failed minus still open. */
  readonly closed: number;
  /** Failed handshakes (AttemptFails). */
  readonly failed: number;
  /** Connections ended by a reset, sent or received (EstabResets). */
  readonly resets: number;
  /** Connections that this side aborted: unread or late data, no memory, timeout (TCPAbortOn…). */
  readonly aborts: number | null;
  /** New mini-sockets, in TIME_WAIT or FIN_WAIT2. */
  readonly timeWaits: number | null;
  /** Connections dropped because an accept queue was full (ListenOverflows). */
  readonly listenOverflows: number | null;
}

const WINDOW: Nanos = 5e9;
const ABORTS = [
  "TCPAbortOnData",
  "TCPAbortOnClose",
  "TCPAbortOnMemory",
  "TCPAbortOnTimeout",
  "TCPAbortOnLinger",
] as const satisfies readonly CounterName[];

/** The rise of the counters of all namespaces, from the first reading until `at`. */
interface Sample {
  readonly at: Nanos;
  readonly rises: ReadonlyMap<CounterName, number>;
  /** Change in the number of mini-sockets and of connections. */
  readonly timeWait: number;
  readonly established: number;
}

/**
 * Turns readings of the kernel's counters into rates over the last five seconds. A namespace counts only from its
 * second reading, since its age at the first is unknown. If its counters fell, it is
 * a new namespace with a reused number.
 */
export class CounterRates {
  #last: ReadonlyMap<number, NamespaceCounters> = new Map();
  #samples: Sample[] = [];
  #countsEnded = false;

  add({ at, namespaces, timeWaitsCounted = "begun" }: CountersSeen): void {
    const before = this.#samples.at(-1) ?? { at, rises: new Map(), timeWait: 0, established: 0 };
    const rises = new Map(before.rises);
    let { timeWait, established } = before;
    for (const now of namespaces) {
      const last = this.#last.get(now.netns);
      const isSame = last !== undefined && !hasFallen(last, now);
      for (const [name, value] of counted(now)) {
        const rise = isSame ? value - (last.counters[name] ?? value) : 0;
        if (name === "CurrEstab") established += rise;
        else rises.set(name, (rises.get(name) ?? 0) + rise);
      }
      if (isSame) timeWait += now.timeWait - last.timeWait;
    }
    this.#countsEnded = timeWaitsCounted === "ended";
    this.#last = new Map(namespaces.map((one) => [one.netns, one]));
    this.#samples.push({ at, rises, timeWait, established });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW) this.#samples.shift();
  }

  /** Null before the second reading. */
  rates(): HostRates | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return null;
    const perSecond = (rise: number): number => (Math.max(0, rise) * 1e9) / (last.at - first.at);
    const sum = (...names: readonly CounterName[]): number | null => riseOf(first, last, names);
    const rate = (...names: readonly CounterName[]): number | null => {
      const rise = sum(...names);
      return rise === null ? null : perSecond(rise);
    };
    const opened = (sum("ActiveOpens", "PassiveOpens") ?? 0) - (sum("AttemptFails") ?? 0);
    return {
      connects: rate("ActiveOpens") ?? 0,
      accepts: rate("PassiveOpens") ?? 0,
      closed: perSecond(opened - (last.established - first.established)),
      failed: rate("AttemptFails") ?? 0,
      resets: rate("EstabResets") ?? 0,
      aborts: rate(...ABORTS),
      timeWaits: this.#timeWaits(first, last, perSecond),
      listenOverflows: rate("ListenOverflows"),
    };
  }

  #timeWaits(first: Sample, last: Sample, perSecond: (rise: number) => number): number | null {
    if (!this.#countsEnded) {
      const begun = riseOf(first, last, ["TW", "TWKilled"]);
      return begun === null ? null : perSecond(begun);
    }
    const ended = riseOf(first, last, ["TW", "TWKilled", "TWRecycled"]);
    return ended === null ? null : perSecond(ended + last.timeWait - first.timeWait);
  }
}

/** The summed rise of counters between two samples; null if the kernel has none of them. */
function riseOf(first: Sample, last: Sample, names: readonly CounterName[]): number | null {
  let rise: number | null = null;
  for (const name of names) {
    const value = last.rises.get(name);
    if (value !== undefined) rise = (rise ?? 0) + value - (first.rises.get(name) ?? 0);
  }
  return rise;
}

/** Whether a counter fell, which means that this is a new namespace with a reused number. */
export function hasFallen(last: NamespaceCounters, now: NamespaceCounters): boolean {
  return counted(now).some(([name, value]) => name !== "CurrEstab" && value < (last.counters[name] ?? 0));
}

function counted({ counters }: NamespaceCounters): [CounterName, number][] {
  const all: [CounterName, number][] = [];
  for (const name of COUNTERS) {
    const value = counters[name];
    if (value !== undefined) all.push([name, value]);
  }
  return all;
}
