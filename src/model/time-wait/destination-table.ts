import { HashBuckets } from "../../base/hash-buckets.ts";
import { hashPair } from "../../base/drawn-hash.ts";
import { addressWord } from "../net/address-hash.ts";
import type { Side, SocketTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { Destination, addressOf, portOf, sourceOf } from "./destination.ts";

/** More than a machine has peers worth a line; past it new ones are counted and not kept. */
const MAX_DESTINATIONS = 32_768;

const FORGET_AFTER: Nanos = 60e9;

/** Destinations by side, namespace, source, address and port. */
export class DestinationTable {
  readonly #all = new Set<Destination>();
  /** By a hash, since a text as a key costs more than all the rest of an event. */
  readonly #byHash = new HashBuckets<Destination>();
  #nextId = 1;
  #dropped = 0;

  get dropped(): number {
    return this.#dropped;
  }

  [Symbol.iterator](): IterableIterator<Destination> {
    return this.#all.values();
  }

  /** Where connections go that have these ends, of which `side` is ours; undefined when nothing is known of it. */
  find(ends: SocketTuple, side: Side): Destination | undefined {
    return this.#find(ends, side, side);
  }

  /** The same for the other end of the connection, which is on this machine, too. */
  findPeers(ends: SocketTuple, side: Side): Destination | undefined {
    return this.#find(ends, side, side === "client" ? "server" : "client");
  }

  /** As `find`, with a destination made when it is new; undefined when there are too many. */
  use(ends: SocketTuple, side: Side, at: Nanos): Destination | undefined {
    let destination = this.#find(ends, side, side);
    if (destination === undefined) {
      if (this.#all.size >= MAX_DESTINATIONS) {
        this.#dropped++;
        return undefined;
      }
      destination = new Destination(this.#nextId++, side, ends, at);
      this.#all.add(destination);
      this.#byHash.add(hashOf(destination), destination);
    }
    if (at > destination.lastUsed) destination.lastUsed = at;
    return destination;
  }

  /** Drops those that nothing has gone to for a minute. */
  forgetUnused(now: Nanos): void {
    for (const destination of this.#all) {
      const { live, timeWaits, lastUsed } = destination;
      if (live !== 0 || timeWaits !== 0 || now - lastUsed <= FORGET_AFTER) continue;
      this.#all.delete(destination);
      this.#byHash.remove(hashOf(destination), destination);
    }
  }

  /** The most steps that a lookup takes now, at most. */
  longestProbe(): number {
    return this.#byHash.longestProbe();
  }

  /** `side` says which of the ends is the client's, `whose` on which side the destination is. */
  #find(ends: SocketTuple, side: Side, whose: Side): Destination | undefined {
    const { netns } = ends;
    const source = sourceOf(ends, side);
    const address = addressOf(ends, side);
    const port = portOf(ends, side);
    for (const one of this.#byHash.at(hashOf({ netns, source, address, port }))) {
      const isSame = one.port === port && one.source === source && one.address === address;
      if (isSame && one.side === whose && one.netns === netns) return one;
    }
    return undefined;
  }
}

/** The same for both sides of a connection. */
function hashOf({ netns, source, address, port }: Pick<Destination, "netns" | "source" | "address" | "port">): number {
  return hashPair(hashPair(addressWord(source), addressWord(address)), hashPair(netns ?? 0, port));
}
