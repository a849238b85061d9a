import type { Address } from "../net/address.ts";
import type { SocketTuple, SocketRole } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import { type Owner, UNKNOWN_OWNER } from "../processes/owner.ts";
import type { StateChange } from "./state-change.ts";
import type { Destination } from "../time-wait/destination.ts";

/** One socket, from CLOSE or LISTEN until CLOSE. Read-only fields are changed through SocketTable only. */
export class Socket {
  /** Unique in a run. */
  readonly id: number;
  /** Its slot in the columns (socket-columns.ts); -1 if it is in no table. */
  slot = -1;
  /** Kernel address, null while only /proc has shown the socket. */
  address: number | null = null;
  netns: number | null = null;
  localAddress: Address = 0;
  localPort = 0;
  remoteAddress: Address = 0;
  remotePort = 0;
  readonly state: TcpState;
  /** When `state` was entered, or first seen if `sinceIsExact` is false. */
  since: Nanos;
  sinceIsExact: boolean;
  readonly role: SocketRole | null = null;
  /** 0: none, because it is not accepted yet or closed by its process. Null: unknown. */
  readonly inode: number | null = null;
  readonly owner: Owner = UNKNOWN_OWNER;
  /** All processes that hold it, from the last survey. */
  readonly holders: readonly Holder[] = [];
  /** Unread bytes, where an unread FIN counts as one; of a listener, connections not accepted. From the last survey. */
  receiveQueue: number | null = null;
  /** Of a listener: the maximum length of its accept queue. */
  backlog: number | null = null;
  /** When its details were last requested, and when, by these, data was last sent. */
  detailAt: Nanos = -Infinity;
  sentAt: Nanos = -Infinity;
  /** Of a client's socket: the destination that counts it as live. */
  readonly destination: Destination | null = null;
  /** Transitions counted while its owner was unknown. */
  unattributed = 0;
  /** When it was last traced; older surveys are ignored. */
  lastTraced: Nanos = 0;
  /** The number of the last survey that showed it. */
  surveyed = 0;
  /** The last stored state change, for its timeline (state-change.ts). */
  stateChange: StateChange | null = null;

  static {
    // V8 discards optimized code when a field first holds a new kind of value: here each field holds every kind once.
    const sample = new Socket(0, TCP.CLOSE, 0.5, false);
    const numbers = { address: 0.5, netns: 0.5, inode: 0.5, receiveQueue: 0, backlog: 0, lastTraced: 0.5 };
    Object.assign(sample, numbers, {
      role: "client",
      destination: {},
      stateChange: {},
      localAddress: 0.5,
      remoteAddress: 0.5,
    });
    Object.assign(sample, { localAddress: "", remoteAddress: "", holders: [{}], since: 0.5 });
  }

  constructor(id: number, state: TcpState, since: Nanos, sinceIsExact: boolean) {
    this.id = id;
    this.state = state;
    this.since = since;
    this.sinceIsExact = sinceIsExact;
  }

  copy(): Socket {
    return Object.assign(new Socket(this.id, this.state, this.since, this.sinceIsExact), this);
  }

  /** Takes over the known parts of a tuple; a port or address of 0 is not chosen yet. */
  learnTuple(tuple: SocketTuple): void {
    if (tuple.netns !== null) this.netns = tuple.netns;
    if (tuple.localPort !== 0) {
      this.localAddress = tuple.localAddress;
      this.localPort = tuple.localPort;
    } else if (this.localPort === 0) this.localAddress = tuple.localAddress;
    if (tuple.remotePort !== 0) {
      this.remoteAddress = tuple.remoteAddress;
      this.remotePort = tuple.remotePort;
    }
  }
}

/** Whether a socket in this state must have a file. In other states the process may have closed it already. */
export function hasFile({ state }: Socket): boolean {
  return hasFileIn(state);
}

export function hasFileIn(state: number): boolean {
  return state === TCP.LISTEN || state === TCP.SYN_SENT || state === TCP.ESTABLISHED || state === TCP.CLOSE_WAIT;
}
