import type { Address } from "../net/address.ts";
import type { Side, SocketTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { Destination, addressOf, portOf, sourceOf } from "./destination.ts";

/** More than a machine has peers worth a line; past it new ones are counted and not kept. */
export const MAX_DESTINATIONS = 32_768;

const FORGET_AFTER: Nanos = 60e9;

/** Destinations by side, namespace, source, address and port. */
export class DestinationTable {
  readonly #all = new Set<Destination>();
  /** By a hash, since a text as a key costs more than all the rest of an event. */
  readonly #byHash = new Map<number, Destination[]>();
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
      const hash = hashOf(ends, side);
      const same = this.#byHash.get(hash);
      if (same === undefined) this.#byHash.set(hash, [destination]);
      else same.push(destination);
    }
    if (at > destination.lastUsed) destination.lastUsed = at;
    return destination;
  }

  /** Drops those that nothing has gone to for a minute. */
  forgetUnused(now: Nanos): void {
    for (const destination of this.#all) {
      const { live, timeWaits, lastUsed } = destination;
      if (live === 0 && timeWaits === 0 && now - lastUsed > FORGET_AFTER) this.#all.delete(destination);
    }
    for (const [hash, same] of this.#byHash) {
      const kept = same.filter((destination) => this.#all.has(destination));
      if (kept.length === 0) this.#byHash.delete(hash);
      else if (kept.length < same.length) this.#byHash.set(hash, kept);
    }
  }

  /** `side` says which of the ends is the client's, `whose` on which side the destination is. */
  #find(ends: SocketTuple, side: Side, whose: Side): Destination | undefined {
    const same = this.#byHash.get(hashOf(ends, side));
    if (same === undefined) return undefined;
    const [source, address, port] = [sourceOf(ends, side), addressOf(ends, side), portOf(ends, side)];
    for (const one of same) {
      const isSame = one.port === port && one.source === source && one.address === address;
      if (isSame && one.side === whose && one.netns === ends.netns) return one;
    }
    return undefined;
  }
}

/** The same for both sides of a connection, and for all namespaces. */
function hashOf(ends: SocketTuple, side: Side): number {
  const mixed = Math.imul(numberOf(sourceOf(ends, side)), 0x9e37_79b1) ^ numberOf(addressOf(ends, side));
  return (Math.imul(mixed, 0x85eb_ca6b) ^ portOf(ends, side)) & 0x3fff_ffff;
}

/** The last 32 bits: those of IPv6 addresses differ the most. */
function numberOf(address: Address): number {
  return typeof address === "number" ? address : Number.parseInt(address.slice(-8), 16);
}
