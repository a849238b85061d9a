import type { Address } from "../net/address.ts";
import type { Side, SocketTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import { RateMeter } from "../rates/rate.ts";

/** Connections that differ only in the client's port: from a source address to an address and port. */
export class Destination {
  /** Unique in a run. */
  readonly id: number;
  readonly side: Side;
  readonly netns: number | null;
  readonly source: Address;
  readonly address: Address;
  readonly port: number;
  /** Our current sockets, in any state. Counted on the client's side only. */
  live = 0;
  /** Our mini-sockets, in TIME_WAIT or FIN_WAIT2. */
  timeWaits = 0;
  /** Mini-sockets that match the filter, and how many of these are in FIN_WAIT2. */
  chosen = 0;
  finWait2 = 0;
  /** Mini-sockets created since tracing began. */
  entered = 0;
  /** On the client's side only: rates for each of a server's many clients would cost too much memory. */
  readonly rates: PortRates | null;
  /** The process that connected last; null if unknown. */
  openedBy: Process | null = null;
  lastUsed: Nanos;

  constructor(id: number, side: Side, tuple: SocketTuple, at: Nanos) {
    this.id = id;
    this.side = side;
    this.netns = tuple.netns;
    this.source = sourceOf(tuple, side);
    this.address = addressOf(tuple, side);
    this.port = portOf(tuple, side);
    this.rates = side === "client" ? new PortRates() : null;
    this.lastUsed = at;
  }
}

/** How fast the client's ports are taken and freed. */
export class PortRates {
  /** Connections opened. */
  readonly opened = new RateMeter();
  /** Connections that ended and keep their port in a mini-socket, and those that freed it at once. */
  readonly entered = new RateMeter();
  readonly freed = new RateMeter();
}

/** A connection of a destination; the client's port identifies it. */
export interface Connection {
  readonly destination: Destination;
  readonly clientPort: number;
}

export function clientPortOf(tuple: SocketTuple, side: Side): number {
  return side === "client" ? tuple.localPort : tuple.remotePort;
}

export function sourceOf(tuple: SocketTuple, side: Side): Address {
  return side === "client" ? tuple.localAddress : tuple.remoteAddress;
}

export function addressOf(tuple: SocketTuple, side: Side): Address {
  return side === "client" ? tuple.remoteAddress : tuple.localAddress;
}

export function portOf(tuple: SocketTuple, side: Side): number {
  return side === "client" ? tuple.remotePort : tuple.localPort;
}

/** The tuple, from our side, of a destination's connection. */
export function tupleOf(
  { side, netns, source, address, port }: Pick<Destination, "side" | "netns" | "source" | "address" | "port">,
  clientPort: number,
): SocketTuple {
  return side === "client"
    ? { netns, localAddress: source, localPort: clientPort, remoteAddress: address, remotePort: port }
    : { netns, localAddress: address, localPort: port, remoteAddress: source, remotePort: clientPort };
}
