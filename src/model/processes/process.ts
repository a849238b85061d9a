import type { SocketTuple, SocketRole } from "../net/tuple.ts";
import type { ProcessFacts } from "../events/survey.ts";
import type { Nanos } from "../net/nanos.ts";
import { type Owners, ownersOf } from "./owner.ts";
import { RateMeter } from "../rates/rate.ts";
import { Trend } from "../rates/trend.ts";

/** A connection that was reset; a copy of its fields, since the socket is gone. */
export interface ResetConnection extends SocketTuple {
  readonly role: SocketRole | null;
}

/** A process and its connection counts and rates. */
export class Process {
  readonly pid: number;
  /** This process as an owner, by evidence. */
  readonly as: Owners;
  comm: string;
  /** Null until /proc has been read for it. */
  facts: ProcessFacts | null = null;
  uid: number | null = null;
  transitions = 0;
  readonly rate = new RateMeter();
  readonly opened = new RateMeter();
  readonly closed = new RateMeter();
  /** Connections reset by the peer: after they were established, before that (refused), and the last of both kinds. */
  readonly resets = new RateMeter();
  readonly refused = new RateMeter();
  lastReset: ResetConnection | null = null;
  /** Number of sockets in CLOSE_WAIT that it holds. */
  readonly closeWaits = new Trend();
  /** Number of open descriptors. */
  readonly descriptors = new Trend();
  /** Mini-sockets that it left behind: current number, total since tracing began, and rate. */
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
