import type { Nanos } from "../net/nanos.ts";
import type { Socket } from "./socket.ts";

/** A socket in CLOSE_WAIT that was reset, while its descriptor may still be open. */
export interface LeakedDescriptor {
  readonly socket: Socket;
  /** When it was in CLOSE_WAIT since, and when it left. */
  readonly since: Nanos;
  readonly sinceIsExact: boolean;
  readonly at: Nanos;
  /** A survey after that has found its holders. */
  isConfirmed: boolean;
}
