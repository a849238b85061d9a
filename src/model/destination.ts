import type { Address } from "./address.ts";
import type { Nanos } from "./event.ts";
import type { Process } from "./process-table.ts";
import { RateMeter } from "./rate.ts";
import type { SocketEnds } from "./socket.ts";

/** Which end of the connections is ours: the one that connected, or the one that was connected to. */
export type Side = "client" | "server";

/** More than a machine has peers worth a line; past it new ones are counted and not kept. */
export const MAX_DESTINATIONS = 32_768;
const FORGET_AFTER: Nanos = 60e9;

/** Connections that differ in the client's port only: from a source address to a destination and its port. */
export class Destination {
  /** Never used again. */
  readonly id: number;
  readonly side: Side;
  readonly netns: number | null;
  readonly source: Address;
  readonly address: Address;
  readonly port: number;
  /** Sockets of ours that still stand, in whatever state. Counted on the client's side only. */
  live = 0;
  /** Mini-sockets of ours, in TIME_WAIT or FIN_WAIT2. */
  timeWaits = 0;
  /** Of these, those that the filter takes, and those of them in FIN_WAIT2. */
  chosen = 0;
  finWait2 = 0;
  /** Mini-sockets that have been made. */
  entered = 0;
  /** Of the client's side only: a server may have very many clients. */
  readonly rates: PortRates | null;
  /** Who connected last; null when nobody was seen to. */
  openedBy: Process | null = null;
  lastUsed: Nanos;

  constructor(id: number, side: Side, { netns, source, address, port }: Path, at: Nanos) {
    this.id = id;
    this.side = side;
    this.netns = netns;
    this.source = source;
    this.address = address;
    this.port = port;
    this.rates = side === "client" ? new PortRates() : null;
    this.lastUsed = at;
  }
}

/** How fast the client's ports come into use and out of it. */
export class PortRates {
  /** Connections begun. */
  readonly opened = new RateMeter();
  /** Connections that have ended and keep their port in a mini-socket; and those that have freed it at once. */
  readonly entered = new RateMeter();
  readonly freed = new RateMeter();
}

/** From whose address to which address and port a connection goes, and the client's port. */
interface Path {
  readonly netns: number | null;
  readonly source: Address;
  readonly address: Address;
  readonly port: number;
  readonly clientPort: number;
}

/** A connection of a destination: the client's port tells it from the others. */
export interface Connection {
  readonly destination: Destination;
  readonly clientPort: number;
}

/** Destinations by side, namespace, source, address and port. */
export class DestinationTable {
  readonly #byPath = new Map<string, Destination>();
  #nextId = 1;
  #dropped = 0;

  get dropped(): number {
    return this.#dropped;
  }

  [Symbol.iterator](): IterableIterator<Destination> {
    return this.#byPath.values();
  }

  /** The connection with these ends of which `side` is ours; undefined when nothing is known of its destination. */
  find(ends: SocketEnds, side: Side): Connection | undefined {
    const path = pathOf(ends, side);
    const destination = this.#byPath.get(keyOf(path, side));
    return destination === undefined ? undefined : { destination, clientPort: path.clientPort };
  }

  /** As `find`, with a destination made when it is new; undefined when there are too many. */
  connection(ends: SocketEnds, side: Side, at: Nanos): Connection | undefined {
    const path = pathOf(ends, side);
    const key = keyOf(path, side);
    let destination = this.#byPath.get(key);
    if (destination === undefined) {
      if (this.#byPath.size >= MAX_DESTINATIONS) {
        this.#dropped++;
        return undefined;
      }
      this.#byPath.set(key, (destination = new Destination(this.#nextId++, side, path, at)));
    }
    if (at > destination.lastUsed) destination.lastUsed = at;
    return { destination, clientPort: path.clientPort };
  }

  /** Drops those that nothing has gone to for a minute. */
  forgetUnused(now: Nanos): void {
    for (const [key, { live, timeWaits, lastUsed }] of this.#byPath) {
      if (live === 0 && timeWaits === 0 && now - lastUsed > FORGET_AFTER) this.#byPath.delete(key);
    }
  }
}

function pathOf({ netns, localAddress, localPort, remoteAddress, remotePort }: SocketEnds, side: Side): Path {
  return side === "client"
    ? { netns, source: localAddress, address: remoteAddress, port: remotePort, clientPort: localPort }
    : { netns, source: remoteAddress, address: localAddress, port: localPort, clientPort: remotePort };
}

/** The ends, as our side has them, of a connection from a client's address and port to a server's. */
export function endsOf(
  { side, netns, source, address, port }: Pick<Destination, "side" | "netns" | "source" | "address" | "port">,
  clientPort: number,
): SocketEnds {
  return side === "client"
    ? { netns, localAddress: source, localPort: clientPort, remoteAddress: address, remotePort: port }
    : { netns, localAddress: address, localPort: port, remoteAddress: source, remotePort: clientPort };
}

function keyOf({ netns, source, address, port }: Path, side: Side): string {
  return `${side}|${netns}|${source}|${address}|${port}`;
}
