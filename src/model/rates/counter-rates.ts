import type { CountersSeen } from "../events/event.ts";
import { COUNTERS, type CounterName, type NamespaceCounters } from "../net/counters.ts";
import type { Nanos } from "../net/nanos.ts";

/**
 * What happens per second in all network namespaces together, by the kernel's own counters: true also of sockets that live
 * shorter than a poll. Null: this kernel does not count it.
 */
export interface HostRates {
  /** Connections begun here (ActiveOpens) and taken (PassiveOpens). */
  readonly connects: number;
  readonly accepts: number;
  /** Connections that have left ESTABLISHED or CLOSE_WAIT: those opened, less those that failed and those still there. */
  readonly closed: number;
  /** Handshakes that came to nothing (AttemptFails). */
  readonly failed: number;
  /** Connections that ended by a reset, sent or received (EstabResets). */
  readonly resets: number;
  /** Connections that this side gave up: data unread or late, no memory, timeout (TCPAbortOn…). */
  readonly aborts: number | null;
  /** Mini-sockets begun, in TIME_WAIT or FIN_WAIT2. */
  readonly timeWaits: number | null;
  /** Connections dropped because an accept queue was full (ListenOverflows). */
  readonly listenOverflows: number | null;
}

/** Over so many seconds at most. */
const WINDOW: Nanos = 5e9;
const ABORTS = [
  "TCPAbortOnData",
  "TCPAbortOnClose",
  "TCPAbortOnMemory",
  "TCPAbortOnTimeout",
  "TCPAbortOnLinger",
] as const satisfies readonly CounterName[];

/** How much the counters of all namespaces have risen, from the first reading until `at`. */
interface Sample {
  readonly at: Nanos;
  readonly rises: ReadonlyMap<CounterName, number>;
  /** By how much mini-sockets and connections have become more; negative when fewer. */
  readonly timeWait: number;
  readonly established: number;
}

/**
 * Turns readings of the kernel's counters into rates over the last five seconds. A namespace counts from its second reading
 * on, since nobody knows how long it had been there; one whose counters have fallen is another one with its number.
 */
export class CounterRates {
  #last: ReadonlyMap<number, NamespaceCounters> = new Map();
  #samples: Sample[] = [];
  #countsEnds = false;

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
    this.#countsEnds = timeWaitsCounted === "ended";
    this.#last = new Map(namespaces.map((one) => [one.netns, one]));
    this.#samples.push({ at, rises, timeWait, established });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW) this.#samples.shift();
  }

  /** Null until the counters have been read twice. */
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
    if (!this.#countsEnds) {
      const begun = riseOf(first, last, ["TW", "TWKilled"]);
      return begun === null ? null : perSecond(begun);
    }
    const ended = riseOf(first, last, ["TW", "TWKilled", "TWRecycled"]);
    return ended === null ? null : perSecond(ended + last.timeWait - first.timeWait);
  }
}

/** By how much counters have risen together between two samples; null when the kernel has none of them. */
function riseOf(first: Sample, last: Sample, names: readonly CounterName[]): number | null {
  let rise: number | null = null;
  for (const name of names) {
    const value = last.rises.get(name);
    if (value !== undefined) rise = (rise ?? 0) + value - (first.rises.get(name) ?? 0);
  }
  return rise;
}

/** Whether counters that only rise have fallen: it is another namespace with the same number. */
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
