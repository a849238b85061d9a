import { HashBuckets } from "../../base/hash-buckets.ts";
import { hashPair } from "../../base/drawn-hash.ts";
import { addressWord } from "../net/address-hash.ts";
import type { SocketTuple } from "../net/tuple.ts";
import type { Socket } from "./socket.ts";

type Ends = Omit<SocketTuple, "netns">;

const NONE: readonly Socket[] = [];

/** Sockets by their four-tuple, several of which may have the same one. Without a string for each, which costs more than the rest. */
export class TupleIndex {
  readonly #byHash = new HashBuckets<Socket>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Those with these ends, in any namespace. */
  at(ends: Ends): readonly Socket[] {
    const found = this.#size === 0 ? NONE : this.#byHash.at(hashOf(ends));
    return found.length === 0 ? NONE : found.filter((socket) => haveSameEnds(socket, ends));
  }

  add(socket: Socket): void {
    this.#byHash.add(hashOf(socket), socket);
    this.#size++;
  }

  /** To be called while it has the ends that it was added with; one that is not here changes nothing. */
  remove(socket: Socket): void {
    if (this.#size > 0 && this.#byHash.remove(hashOf(socket), socket)) this.#size--;
  }

  /** The most steps that a lookup takes now, at most. */
  longestProbe(): number {
    return this.#byHash.longestProbe();
  }
}

function haveSameEnds(one: Ends, other: Ends): boolean {
  return (
    one.localPort === other.localPort &&
    one.remotePort === other.remotePort &&
    one.localAddress === other.localAddress &&
    one.remoteAddress === other.remoteAddress
  );
}

function hashOf({ localAddress, localPort, remoteAddress, remotePort }: Ends): number {
  const addresses = hashPair(addressWord(localAddress), addressWord(remoteAddress));
  return hashPair(addresses, (localPort << 16) | remotePort);
}
