import type { Address } from "../net/address.ts";
import type { TcpState } from "../net/tcp-state.ts";

/**
 * What `--filter` says: `proc:nginx !port:443 dst:10.0.0.0/8 state:close_wait,last_ack age:>60s`. Terms with blanks between
 * them must all hold, `!` in front of a term is its opposite, a comma between values is "or", quotes keep blanks, commas
 * and colons in a value. A word without a key is a `proc:`.
 */

/** What a filter looks at: a socket, or a process with its sockets. */
export interface FilterSubject {
  readonly pids: readonly number[];
  /** Names and command lines of the processes, made safe by safeText. */
  readonly names: readonly string[];
  readonly localAddress: Address;
  /** 0: not known, which is no port. */
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
  /** The state, or both of a transition. */
  readonly states: readonly TcpState[];
  /** Milliseconds; null: not known, which is neither more nor less than any age. */
  readonly ageMs: number | null;
}

export interface Filter {
  /** Whether it has no terms, that is: matches everything. */
  readonly isEmpty: boolean;
  readonly matches: (subject: FilterSubject) => boolean;
}

export const MATCH_ALL: Filter = { isEmpty: true, matches: () => true };

/** A subject of which nothing is known. */
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

/** What matches both. */
export function bothFilters(one: Filter, other: Filter): Filter {
  if (one.isEmpty) return other;
  if (other.isEmpty) return one;
  return { isEmpty: false, matches: (subject) => one.matches(subject) && other.matches(subject) };
}
