import type { Cause } from "../events/cause.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";
import type { Owner } from "../processes/owner.ts";

/** One change of a socket's state, as its timeline keeps it. */
export interface StateChange {
  readonly at: Nanos;
  readonly from: TcpState;
  readonly to: TcpState;
  /** Time spent in `from`; null where its beginning was not seen. */
  readonly inState: Nanos | null;
  readonly cause: Cause | null;
  readonly owner: Owner;
  /** The change before; null for the first that is kept. */
  previous: StateChange | null;
  /** How many there are, this one included. */
  depth: number;
}
