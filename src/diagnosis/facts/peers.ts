import { formatNumber } from "../../base/quantity.ts";
import { SeededMap } from "../../base/seeded-map.ts";
import { type Address, formatAddress, formatEndpoint } from "../../model/net/address.ts";

/** An endpoint and its number of connections. */
export interface Peer {
  readonly endpoint: string;
  readonly count: number;
}

interface Count {
  readonly address: Address;
  readonly port: number;
  count: number;
}

/** Further distinct endpoints are counted together. */
const MOST_ENDPOINTS = 1000;
const MOST_NAMED = 5;

/**
 * Counts connections by endpoint; remembers the last one, since the same endpoint usually comes many times in a row.
 */
export class Peers {
  readonly #counts = new SeededMap<number | string, Count>();
  #last: Count | null = null;
  #others = 0;

  add(address: Address, port: number): void {
    if (this.#last?.address !== address || this.#last.port !== port) this.#last = this.#find(address, port);
    if (this.#last === null) this.#others++;
    else this.#last.count++;
  }

  /** The number of distinct endpoints, at least. */
  get size(): number {
    return this.#counts.size + (this.#others > 0 ? 1 : 0);
  }

  /** The most frequent endpoints. If every port differs, as with clients, addresses only. */
  most(): readonly Peer[] {
    const all = [...this.#counts.values()];
    const isClients = all.length > 1 && all.every(({ count }) => count === 1);
    const sorted = (isClients ? byAddress(all) : all).toSorted((a, b) => b.count - a.count);
    return sorted.slice(0, MOST_NAMED).map(({ address, port, count }) => peerOf(address, port, count));
  }

  #find(address: Address, port: number): Count | null {
    const key = typeof address === "number" ? address * 65_536 + port : `${address}:${port}`;
    let found = this.#counts.get(key);
    if (found !== undefined) return found;
    if (this.#counts.size >= MOST_ENDPOINTS) return null;
    this.#counts.set(key, (found = { address, port, count: 0 }));
    return found;
  }
}

function byAddress(all: readonly Count[]): Count[] {
  const counts = new SeededMap<Address, Count>();
  for (const { address, count } of all) {
    const found = counts.get(address);
    if (found === undefined) counts.set(address, { address, port: 0, count });
    else found.count += count;
  }
  return [...counts.values()];
}

/** Port 0: the address only. */
function peerOf(address: Address, port: number, count: number): Peer {
  return { endpoint: port === 0 ? formatAddress(address) : formatEndpoint(address, port), count };
}

/** `10.0.0.5:443 x40`, for evidence. */
export function peerTexts(peers: readonly Peer[]): readonly string[] {
  return peers.map(({ endpoint, count }) => `${endpoint} x${count}`);
}

/** ` to 10.0.0.5:443`, or `, 40 of them to 10.0.0.5:443` if there are others; empty if none is known. */
export function towardText([first]: readonly Peer[], all: number, to = "to"): string {
  if (first === undefined) return "";
  return first.count >= all
    ? ` ${to} ${first.endpoint}`
    : `, ${formatNumber(first.count)} of them ${to} ${first.endpoint}`;
}
