import type { Address } from "../net/address.ts";
import type { TcpState } from "../net/tcp-state.ts";

/**
 * The language of `--filter`: `proc:nginx !port:443 dst:10.0.0.0/8 state:close_wait,last_ack age:>60s`. All terms must
 * match. `!` before a term negates it, a comma between values means "or", and quotes allow blanks, commas and colons in
 * a value. A term without a key is a `proc:`.
 */

/** What a filter tests: a socket, or a process with its sockets. */
export interface FilterSubject {
  readonly pids: readonly number[];
  /** Names and command lines of the processes, made safe by safeText. */
  readonly names: readonly string[];
  readonly localAddress: Address;
  /** 0: unknown; matches no port. */
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
  /** The state; both states of a transition. */
  readonly states: readonly TcpState[];
  /** Milliseconds; null: unknown; matches no age. */
  readonly ageMs: number | null;
}

export interface Filter {
  /** True if it has no terms and so matches everything. */
  readonly isEmpty: boolean;
  readonly matches: (subject: FilterSubject) => boolean;
}

export const MATCH_ALL: Filter = { isEmpty: true, matches: () => true };

/** A subject with every field unknown. */
export const NOTHING_KNOWN: FilterSubject = {
  pids: [],
  names: [],
  localAddress: 0,
  localPort: 0,
  remoteAddress: 0,
  remotePort: 0,
  states: [],
  ageMs: null,
};

/** Matches what both filters match. */
export function bothFilters(one: Filter, other: Filter): Filter {
  if (one.isEmpty) return other;
  if (other.isEmpty) return one;
  return { isEmpty: false, matches: (subject) => one.matches(subject) && other.matches(subject) };
}
