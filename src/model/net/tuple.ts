import type { Address } from "./address.ts";

/** Which side of a connection is ours: the one that connected, or the one that accepted. */
export type Side = "client" | "server";

/** A socket's 4-tuple in a known namespace. */
export interface SurveyedTuple {
  readonly netns: number;
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
}

/** How a socket was created: by connect(), from a listener's queue, or as a listener. */
export type SocketRole = "client" | "server" | "listener";

/** A socket's 4-tuple; `netns` is null if the namespace is unknown. */
export interface SocketTuple {
  readonly netns: number | null;
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
}
