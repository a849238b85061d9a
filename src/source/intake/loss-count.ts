import type { ChangeCount } from "../../model/events/event.ts";
import { isTcpState } from "../../model/net/tcp-state.ts";
import { ACCEPTED, PAIRS, type Pair, type SentCounts, noneSent, placeOf } from "../../wire/sent-counts.ts";

/** The counts of one CPU, by pair of states. */
interface Counts {
  readonly received: SentCounts;
  readonly lost: SentCounts;
  /** The counts that bpftrace has printed at its end, so far. */
  readonly final: SentCounts;
}

/** Finds exactly which transitions were sent and not received, from each CPU's own counts of what it sent. */
export class LossCount {
  readonly #cpus: Counts[] = [];

  received(cpu: number, pair: Pair): void {
    const { received } = this.#countsOf(cpu);
    const place = placeOf(pair);
    received[place] = (received[place] ?? 0) + 1;
  }

  /** How many events of this CPU have arrived or are known to be lost. */
  known(cpu: number): number {
    const { received, lost } = this.#countsOf(cpu);
    return sum(received) + sum(lost);
  }

  /** What this CPU has sent before this point of the stream. Returns the transitions newly found to be lost. */
  emitted(cpu: number, sent: SentCounts): ChangeCount[] {
    const { received, lost } = this.#countsOf(cpu);
    const more: ChangeCount[] = [];
    for (const [place, pair] of PAIRS.entries()) {
      const known = lost[place] ?? 0;
      const now = (sent[place] ?? 0) - (received[place] ?? 0);
      // An accept may be counted before a heartbeat but arrive after it, because programs interrupt each other.
      if (pair === ACCEPTED) lost[place] = Math.max(0, now);
      if (pair === ACCEPTED || now <= known) continue;
      lost[place] = now;
      more.push({ ...statesOf(pair), count: now - known });
    }
    return more;
  }

  /** The tracer has ended, and this CPU has sent `sent` events of this pair. Returns those newly found to be lost. */
  ended(cpu: number, pair: Pair, sent: number): ChangeCount[] {
    const { final } = this.#countsOf(cpu);
    const place = placeOf(pair);
    final[place] = (final[place] ?? 0) + sent;
    return this.emitted(cpu, final);
  }

  #countsOf(cpu: number): Counts {
    return (this.#cpus[cpu] ??= { received: noneSent(), lost: noneSent(), final: noneSent() });
  }
}

function statesOf(pair: Pair): Pick<ChangeCount, "from" | "to"> {
  const from = pair >> 4;
  const to = pair & 15;
  return { from: isTcpState(from) ? from : null, to: isTcpState(to) ? to : null };
}

function sum(counts: SentCounts): number {
  let all = 0;
  for (const count of counts) all += count;
  return all;
}
