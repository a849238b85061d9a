import type { Address } from "./address.ts";

/** Which end of the connections is ours: the one that connected, or the one that was connected to. */
export type Side = "client" | "server";

/** The ends of a socket in a namespace. */
export interface SurveyedTuple {
  readonly netns: number;
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
}

/** Where a socket came from: connect(), a listener's queue, or listen() itself. */
export type SocketRole = "client" | "server" | "listener";

export interface SocketTuple {
  readonly netns: number | null;
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
}
