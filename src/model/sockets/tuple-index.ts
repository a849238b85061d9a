import { NumberMap, oddFactor } from "../../base/number-map.ts";
import type { Address } from "../net/address.ts";
import type { SocketTuple } from "../net/tuple.ts";
import type { Socket } from "./socket.ts";

type Ends = Omit<SocketTuple, "netns">;

const NONE: readonly Socket[] = [];

/** Sockets by their four-tuple, several of which may have the same one. Without a string for each, which costs more than the rest. */
export class TupleIndex {
  readonly #byHash = new NumberMap<Socket[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Those with these ends, in any namespace. */
  at(ends: Ends): readonly Socket[] {
    const found = this.#size === 0 ? undefined : this.#byHash.get(hashOf(ends));
    return found === undefined ? NONE : found.filter((socket) => haveSameEnds(socket, ends));
  }

  add(socket: Socket): void {
    const hash = hashOf(socket);
    const same = this.#byHash.get(hash);
    if (same === undefined) this.#byHash.set(hash, [socket]);
    else same.push(socket);
    this.#size++;
  }

  /** To be called while it has the ends that it was added with; one that is not here changes nothing. */
  remove(socket: Socket): void {
    if (this.#size === 0) return;
    const hash = hashOf(socket);
    const same = this.#byHash.get(hash);
    const place = same?.indexOf(socket) ?? -1;
    if (same === undefined || place < 0) return;
    same.splice(place, 1);
    if (same.length === 0) this.#byHash.delete(hash);
    this.#size--;
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

/** Drawn anew in each run, so that nobody can write a recording whose addresses all meet in one place. */
const [LOCAL_FACTOR, REMOTE_FACTOR, WORD_FACTOR] = [oddFactor(), oddFactor(), oddFactor()];

/** 52 bits: both ports, and twenty of the addresses. */
function hashOf({ localAddress, localPort, remoteAddress, remotePort }: Ends): number {
  const addresses = Math.imul(bitsOf(localAddress), LOCAL_FACTOR) + Math.imul(bitsOf(remoteAddress), REMOTE_FACTOR);
  return (addresses >>> 12) * 2 ** 32 + localPort * 65_536 + remotePort;
}

/** 32 bits of an address, on which all of it has a say. */
function bitsOf(address: Address): number {
  if (typeof address === "number") return address;
  let bits = 0;
  for (let at = 0; at < address.length; at += 8) {
    bits = Math.imul(bits ^ Number.parseInt(address.slice(at, at + 8), 16), WORD_FACTOR);
    bits ^= bits >>> 15;
  }
  return bits;
}
