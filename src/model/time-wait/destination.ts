import type { Address } from "../net/address.ts";
import type { Side, SocketTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import { RateMeter } from "../rates/rate.ts";

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

  constructor(id: number, side: Side, ends: SocketTuple, at: Nanos) {
    this.id = id;
    this.side = side;
    this.netns = ends.netns;
    this.source = sourceOf(ends, side);
    this.address = addressOf(ends, side);
    this.port = portOf(ends, side);
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

/** A connection of a destination: the client's port tells it from the others. */
export interface Connection {
  readonly destination: Destination;
  readonly clientPort: number;
}

/** The client's port, which tells a connection from others of its destination. */
export function clientPortOf(ends: SocketTuple, side: Side): number {
  return side === "client" ? ends.localPort : ends.remotePort;
}

export function sourceOf(ends: SocketTuple, side: Side): Address {
  return side === "client" ? ends.localAddress : ends.remoteAddress;
}

export function addressOf(ends: SocketTuple, side: Side): Address {
  return side === "client" ? ends.remoteAddress : ends.localAddress;
}

export function portOf(ends: SocketTuple, side: Side): number {
  return side === "client" ? ends.remotePort : ends.localPort;
}

/** The ends, as our side has them, of a connection from a client's address and port to a server's. */
export function endsOf(
  { side, netns, source, address, port }: Pick<Destination, "side" | "netns" | "source" | "address" | "port">,
  clientPort: number,
): SocketTuple {
  return side === "client"
    ? { netns, localAddress: source, localPort: clientPort, remoteAddress: address, remotePort: port }
    : { netns, localAddress: address, localPort: port, remoteAddress: source, remotePort: clientPort };
}
