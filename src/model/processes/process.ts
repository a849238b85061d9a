import type { SocketTuple, SocketRole } from "../net/tuple.ts";
import type { ProcessFacts } from "../events/survey.ts";
import type { Nanos } from "../net/nanos.ts";
import { type Owners, ownersOf } from "./owner.ts";
import { RateMeter } from "../rates/rate.ts";
import { Trend } from "../rates/trend.ts";

/** The connection that a reset has ended, as plain fields: the socket itself is gone. */
export interface ResetConnection extends SocketTuple {
  readonly role: SocketRole | null;
}

/** What is known of a process, and how it treats its connections. */
export class Process {
  readonly pid: number;
  /** What its sockets name it as. */
  readonly as: Owners;
  comm: string;
  /** Null until /proc has been read. */
  facts: ProcessFacts | null = null;
  uid: number | null = null;
  transitions = 0;
  readonly rate = new RateMeter();
  readonly opened = new RateMeter();
  readonly closed = new RateMeter();
  /** Connections that a peer's reset has ended, once established and before that (refused), and the last of either. */
  readonly resets = new RateMeter();
  readonly refused = new RateMeter();
  lastReset: ResetConnection | null = null;
  /** Sockets in CLOSE_WAIT that it holds. */
  readonly closeWaits = new Trend();
  /** Open descriptors. */
  readonly descriptors = new Trend();
  /** Mini-sockets that it has left behind: how many there are, how many were made, and how fast. */
  timeWaits = 0;
  timeWaitsEntered = 0;
  readonly timeWaitRate = new RateMeter();
  lastSeen: Nanos;

  constructor(pid: number, comm: string, at: Nanos) {
    this.pid = pid;
    this.as = ownersOf(pid);
    this.comm = comm;
    this.lastSeen = at;
  }
}
