import type { Cause } from "../events/cause.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";
import type { Owner } from "../processes/owner.ts";

/** A state change, stored for the socket's timeline. */
export interface StateChange {
  readonly at: Nanos;
  readonly from: TcpState;
  readonly to: TcpState;
  /** Time spent in `from`; null if its start was not seen. */
  readonly inState: Nanos | null;
  readonly cause: Cause | null;
  readonly owner: Owner;
  /** The previous change; null for the first that is stored. */
  previous: StateChange | null;
  /** Number of stored changes, including this one. */
  depth: number;
}
