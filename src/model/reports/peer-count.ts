import { SeededMap } from "../../base/seeded-map.ts";
import { type Address, formatAddress, formatEndpoint } from "../net/address.ts";

interface Peer {
  readonly address: Address;
  /** Null: any port. */
  readonly port: number | null;
  count: number;
}

/** Counts peers. Formats only the result, since there may be a hundred thousand peers. */
export class PeerCount {
  readonly #peers = new SeededMap<number | string, Peer>();
  /** Cache: equal peers are usually adjacent. */
  #last: Peer | null = null;

  add(address: Address, port: number | null): void {
    const last = this.#last;
    if (last !== null && last.address === address && last.port === port) {
      last.count++;
      return;
    }
    const key = keyOf(address, port);
    let peer = this.#peers.get(key);
    if (peer === undefined) this.#peers.set(key, (peer = { address, port, count: 0 }));
    peer.count++;
    this.#last = peer;
  }

  /** The first peer with the highest count above `least`; null if there is none. */
  commonest(least = 0): { readonly endpoint: string; readonly count: number } | null {
    let best: Peer | null = null;
    for (const peer of this.#peers.values()) if (peer.count > (best?.count ?? least)) best = peer;
    if (best === null) return null;
    const { address, port, count } = best;
    return { endpoint: port === null ? formatAddress(address) : formatEndpoint(address, port), count };
  }
}

/** A number for IPv4, since an address and a port fit in one: faster than text. */
function keyOf(address: Address, port: number | null): number | string {
  if (typeof address === "number") return address * 65_537 + (port ?? 65_536);
  return `${address}:${port ?? ""}`;
}
