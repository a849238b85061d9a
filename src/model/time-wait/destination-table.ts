import { HashBuckets } from "../../base/hash-buckets.ts";
import { hashPair } from "../../base/drawn-hash.ts";
import { addressWord } from "../net/address-hash.ts";
import type { Side, SocketTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { Destination, addressOf, portOf, sourceOf } from "./destination.ts";

/** More destinations than anyone reads; further ones are counted but not kept. */
const MAX_DESTINATIONS = 32_768;

const FORGET_AFTER: Nanos = 60e9;

/** Destinations by side, namespace, source, address and port. */
export class DestinationTable {
  readonly #all = new Set<Destination>();
  /** By hash: a string key would cost more than the rest of folding an event. */
  readonly #byHash = new HashBuckets<Destination>();
  #nextId = 1;
  #dropped = 0;

  get dropped(): number {
    return this.#dropped;
  }

  [Symbol.iterator](): IterableIterator<Destination> {
    return this.#all.values();
  }

  /** The destination of a connection with this tuple, of which `side` is ours; undefined if unknown. */
  find(tuple: SocketTuple, side: Side): Destination | undefined {
    return this.#find(tuple, side, side);
  }

  /** The destination as the other side of the connection, which is also on this machine, counts it. */
  findPeers(tuple: SocketTuple, side: Side): Destination | undefined {
    return this.#find(tuple, side, side === "client" ? "server" : "client");
  }

  /** Like `find`, but creates the destination if it is new; undefined if there are too many. */
  use(tuple: SocketTuple, side: Side, at: Nanos): Destination | undefined {
    let destination = this.#find(tuple, side, side);
    if (destination === undefined) {
      if (this.#all.size >= MAX_DESTINATIONS) {
        this.#dropped++;
        return undefined;
      }
      destination = new Destination(this.#nextId++, side, tuple, at);
      this.#all.add(destination);
      this.#byHash.add(hashOf(destination), destination);
    }
    if (at > destination.lastUsed) destination.lastUsed = at;
    return destination;
  }

  /** Drops destinations without sockets or use for a minute. */
  forgetUnused(now: Nanos): void {
    for (const destination of this.#all) {
      const { live, timeWaits, lastUsed } = destination;
      if (live !== 0 || timeWaits !== 0 || now - lastUsed <= FORGET_AFTER) continue;
      this.#all.delete(destination);
      this.#byHash.remove(hashOf(destination), destination);
    }
  }

  /** An upper bound of the steps that a lookup takes now. */
  longestProbe(): number {
    return this.#byHash.longestProbe();
  }

  /** `side` says which endpoint is the client's, `whose` which side counts the destination. */
  #find(tuple: SocketTuple, side: Side, whose: Side): Destination | undefined {
    const { netns } = tuple;
    const source = sourceOf(tuple, side);
    const address = addressOf(tuple, side);
    const port = portOf(tuple, side);
    for (const one of this.#byHash.at(hashOf({ netns, source, address, port }))) {
      const isSame = one.port === port && one.source === source && one.address === address;
      if (isSame && one.side === whose && one.netns === netns) return one;
    }
    return undefined;
  }
}

/** Equal for both sides of a connection. */
function hashOf({ netns, source, address, port }: Pick<Destination, "netns" | "source" | "address" | "port">): number {
  return hashPair(hashPair(addressWord(source), addressWord(address)), hashPair(netns ?? 0, port));
}
