import type { Address } from "../net/address.ts";
import type { SocketTuple, SocketRole } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import { type Owner, UNKNOWN_OWNER } from "../processes/owner.ts";
import type { StateChange } from "./state-change.ts";
import type { Destination } from "../time-wait/destination.ts";

/** One socket for one life, from CLOSE or LISTEN until CLOSE. What is read-only here, the table of sockets changes. */
export class Socket {
  /** Unique in a run, never used again. */
  readonly id: number;
  /** Where it is among the columns (socket-columns.ts); -1 where it is in no table. */
  slot = -1;
  /** Kernel address, null while only /proc has shown the socket. */
  address: number | null = null;
  netns: number | null = null;
  localAddress: Address = 0;
  localPort = 0;
  remoteAddress: Address = 0;
  remotePort = 0;
  readonly state: TcpState;
  /** When `state` was entered, or first seen when `sinceIsExact` is false. */
  since: Nanos;
  sinceIsExact: boolean;
  readonly role: SocketRole | null = null;
  /** 0: none, that is not accepted yet or closed by its process. Null: not known. */
  readonly inode: number | null = null;
  readonly owner: Owner = UNKNOWN_OWNER;
  /** All processes that hold it, as the last survey saw; empty when none has. */
  readonly holders: readonly Holder[] = [];
  /** Bytes not read yet, a FIN not read counting as one; of a listener, connections not accepted. As last surveyed. */
  receiveQueue: number | null = null;
  /** Of a listener: how many connections may wait in its queue. */
  backlog: number | null = null;
  /** When the kernel was last asked for details, and when data had been sent last. */
  detailAt: Nanos = -Infinity;
  sentAt: Nanos = -Infinity;
  /** Of a client's socket: where it is counted as live. */
  readonly destination: Destination | null = null;
  /** Transitions counted while its owner was not known. */
  unattributed = 0;
  /** When it was last traced; a survey from before that is old news. */
  lastTraced: Nanos = 0;
  /** Number of the last survey that showed it. */
  surveyed = 0;
  /** The last change of its state, for who keeps them (state-change.ts). */
  stateChange: StateChange | null = null;

  static {
    // V8 throws code away when a field first holds another kind of value: here each has held them all before.
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

  /** The same at this moment. */
  copy(): Socket {
    return Object.assign(new Socket(this.id, this.state, this.since, this.sinceIsExact), this);
  }

  /** Takes over what is known of the ends; a 0 port or address is one that the kernel had not chosen yet. */
  learnEnds(ends: SocketTuple): void {
    if (ends.netns !== null) this.netns = ends.netns;
    if (ends.localPort !== 0) {
      this.localAddress = ends.localAddress;
      this.localPort = ends.localPort;
    } else if (this.localPort === 0) this.localAddress = ends.localAddress;
    if (ends.remotePort !== 0) {
      this.remoteAddress = ends.remoteAddress;
      this.remotePort = ends.remotePort;
    }
  }
}

/** In the other states its process may have closed it, and then its row has no inode, though its last event had one. */
export function hasFile({ state }: Socket): boolean {
  return hasFileIn(state);
}

export function hasFileIn(state: number): boolean {
  return state === TCP.LISTEN || state === TCP.SYN_SENT || state === TCP.ESTABLISHED || state === TCP.CLOSE_WAIT;
}
