import { HashBuckets } from "../../base/hash-buckets.ts";
import { hashPair } from "../../base/drawn-hash.ts";
import { addressWord } from "../net/address-hash.ts";
import type { SocketTuple } from "../net/tuple.ts";
import type { Socket } from "./socket.ts";

type Tuple = Omit<SocketTuple, "netns">;

const NONE: readonly Socket[] = [];

/**
 * Sockets by 4-tuple, which several may share. Hashes numbers: a string key per socket would cost more than the rest.
 */
export class TupleIndex {
  readonly #byHash = new HashBuckets<Socket>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The sockets with this tuple, in any namespace. */
  at(tuple: Tuple): readonly Socket[] {
    const found = this.#size === 0 ? NONE : this.#byHash.at(hashOf(tuple));
    return found.length === 0 ? NONE : found.filter((socket) => haveSameTuple(socket, tuple));
  }

  add(socket: Socket): void {
    this.#byHash.add(hashOf(socket), socket);
    this.#size++;
  }

  /** The socket must still have the tuple it was added with; ignores sockets that were not added. */
  remove(socket: Socket): void {
    if (this.#size > 0 && this.#byHash.remove(hashOf(socket), socket)) this.#size--;
  }

  /** An upper bound of the steps that a lookup takes now. */
  longestProbe(): number {
    return this.#byHash.longestProbe();
  }
}

function haveSameTuple(one: Tuple, other: Tuple): boolean {
  return (
    one.localPort === other.localPort &&
    one.remotePort === other.remotePort &&
    one.localAddress === other.localAddress &&
    one.remoteAddress === other.remoteAddress
  );
}

function hashOf({ localAddress, localPort, remoteAddress, remotePort }: Tuple): number {
  const addresses = hashPair(addressWord(localAddress), addressWord(remoteAddress));
  return hashPair(addresses, (localPort << 16) | remotePort);
}
