import { HashBuckets } from "../../base/hash-buckets.ts";
import { hashPair } from "../../base/drawn-hash.ts";
import { type Address } from "../net/address.ts";
import { addressWord } from "../net/address-hash.ts";
import type { SocketTuple } from "../net/tuple.ts";
import type { Socket } from "./socket.ts";

type Local = Pick<SocketTuple, "netns" | "localAddress" | "localPort">;

/** A listener's keys in the index, and its place in the order of arrival. */
interface Entry extends Local {
  readonly socket: Socket;
  readonly order: number;
  /** The socket alone, as a list. */
  readonly listed: readonly Socket[];
}

/** The listeners of a port. Most ports have one: it is known without a lookup. */
interface Port {
  readonly count: number;
  /** The only one; null where there are, or were, several. */
  readonly only: Entry | null;
}

/** Listeners on one address and port in one namespace, or in any if netns is null. `listed` is built on demand. */
interface Group extends Local {
  readonly entries: Set<Entry>;
  listed: readonly Socket[] | null;
}

const NONE: readonly Socket[] = [];
const ANY_IPV4 = 0;
const ANY_IPV6 = "0".repeat(32);

/** Listeners by namespace, address and port, since one port can have listeners on thousands of addresses. */
export class ListenerIndex {
  readonly #entries = new Map<Socket, Entry>();
  readonly #groups = new HashBuckets<Group>();
  /** Not scattered against chosen keys: there are only 65,536 ports. */
  readonly #ports = new Map<number, Port>();
  #order = 0;

  add(socket: Socket): void {
    this.remove(socket);
    this.#insert(socket, this.#order++);
  }

  remove(socket: Socket): void {
    const entry = this.#entries.get(socket);
    if (entry === undefined) return;
    this.#entries.delete(socket);
    const { netns, localPort } = entry;
    const left = (this.#ports.get(localPort)?.count ?? 0) - 1;
    if (left > 0) this.#ports.set(localPort, { count: left, only: null });
    else this.#ports.delete(localPort);
    this.#leave(entry, null);
    if (netns !== null) this.#leave(entry, netns);
  }

  /** Must be called if a socket's tuple may have changed; ignores sockets that were not added. */
  moved(socket: Socket): void {
    const entry = this.#entries.get(socket);
    if (entry === undefined) return;
    if (entry.localPort !== socket.localPort) this.add(socket);
    else if (entry.localAddress !== socket.localAddress || entry.netns !== socket.netns) {
      this.remove(socket);
      this.#insert(socket, entry.order);
    }
  }

  /** Whether this port has a listener. */
  has(port: number): boolean {
    return this.#ports.has(port);
  }

  /**
   * The listeners that a connection with this tuple can have come through; only those with the most specific address.
   */
  accepting({ netns, localAddress, localPort }: SocketTuple): readonly Socket[] {
    const port = this.#ports.get(localPort);
    if (port === undefined) return NONE;
    if (port.only !== null) return isWithin(port.only, netns, localAddress) ? port.only.listed : NONE;
    const isIpv4 = typeof localAddress === "number";
    const group =
      this.#find(netns, localAddress, localPort) ??
      this.#find(netns, isIpv4 ? ANY_IPV4 : ANY_IPV6, localPort) ??
      // An IPv4 connection reaches a listener on [::] only if none listens on 0.0.0.0.
      (isIpv4 ? this.#find(netns, ANY_IPV6, localPort) : undefined);
    return group === undefined ? NONE : (group.listed ??= listOf(group));
  }

  /** An upper bound of the steps that a lookup takes now. */
  longestProbe(): number {
    return this.#groups.longestProbe();
  }

  #insert(socket: Socket, order: number): void {
    const { netns, localAddress, localPort } = socket;
    const entry = { socket, order, netns, localAddress, localPort, listed: [socket] };
    this.#entries.set(socket, entry);
    const count = (this.#ports.get(localPort)?.count ?? 0) + 1;
    this.#ports.set(localPort, { count, only: count === 1 ? entry : null });
    this.#join(entry, null);
    if (netns !== null) this.#join(entry, netns);
  }

  #join(entry: Entry, netns: number | null): void {
    const { localAddress, localPort } = entry;
    const group = this.#find(netns, localAddress, localPort);
    if (group === undefined) {
      const first = { netns, localAddress, localPort, entries: new Set([entry]), listed: null };
      this.#groups.add(hashOf(netns, localAddress, localPort), first);
    } else {
      group.entries.add(entry);
      group.listed = null;
    }
  }

  #leave(entry: Entry, netns: number | null): void {
    const { localAddress, localPort } = entry;
    const group = this.#find(netns, localAddress, localPort);
    if (group === undefined) return;
    group.entries.delete(entry);
    group.listed = null;
    if (group.entries.size === 0) this.#groups.remove(hashOf(netns, localAddress, localPort), group);
  }

  #find(netns: number | null, localAddress: Address, localPort: number): Group | undefined {
    for (const group of this.#groups.at(hashOf(netns, localAddress, localPort))) {
      const isSame = group.localPort === localPort && group.localAddress === localAddress;
      if (isSame && group.netns === netns) return group;
    }
    return undefined;
  }
}

/** Whether a connection with this end, of the listener's port, can have come through it. */
function isWithin(listener: Entry, netns: number | null, address: Address): boolean {
  if (netns !== null && listener.netns !== netns) return false;
  if (listener.localAddress === address || listener.localAddress === ANY_IPV6) return true;
  return listener.localAddress === ANY_IPV4 && typeof address === "number";
}

function listOf({ entries }: Group): readonly Socket[] {
  return [...entries].toSorted((one, other) => one.order - other.order).map(({ socket }) => socket);
}

function hashOf(netns: number | null, localAddress: Address, localPort: number): number {
  return hashPair(addressWord(localAddress), hashPair(netns ?? 0, localPort));
}

/**
 * The process to charge with a connection that is not accepted yet: the one that listens. Null if several processes
 * listen (SO_REUSEPORT), since it is unknown until accept() which one it will be.
 */
export function pidOfListener(listeners: readonly Socket[]): number | null {
  const pid = listeners[0]?.owner.pid ?? null;
  return listeners.every((listener) => listener.owner.pid === pid) ? pid : null;
}
