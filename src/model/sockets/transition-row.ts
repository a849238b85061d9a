import type { Cause } from "../events/cause.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";
import type { Owner } from "../processes/owner.ts";
import type { Process } from "../processes/process.ts";
import type { Socket } from "./socket.ts";

/**
 * One transition. `socket` is the live object: its tuple and owner may be known better a moment after the transition
 * than when it happened.
 */
export interface TransitionRow {
  readonly at: Nanos;
  readonly socket: Socket;
  readonly from: TcpState;
  readonly to: TcpState;
  /** Time spent in `from`; null if its start was not seen. */
  readonly inState: Nanos | null;
  owner: Owner;
  process: Process | null;
  readonly cause: Cause | null;
}
