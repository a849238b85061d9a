import type { SourceName } from "../events/event.ts";
import type { Address } from "../net/address.ts";
import type { Side } from "../net/tuple.ts";

/** Who makes TIME_WAIT, toward whom, and how many ports are left. Plain data, taken from the model at one moment. */
export interface ChurnReport {
  /** Unix epoch, milliseconds. */
  readonly wallMs: number;
  readonly source: SourceName | null;
  readonly lost: number;
  /** False when a /proc survey could not read some process. */
  readonly complete: boolean;
  /** How long was watched. */
  readonly seconds: number;
  /** All namespaces together. */
  readonly total: TimeWaitCount;
  /** Mini-sockets made while watching. */
  readonly entered: number;
  /** Mini-sockets not kept because a table was full. */
  readonly dropped: number;
  /** The one nearest to its limit of mini-sockets first. */
  readonly namespaces: readonly NamespaceChurn[];
  /** Mini-sockets made in each of the last seconds, at most five minutes, oldest first. */
  readonly history: readonly number[];
  /** Fastest first. */
  readonly processes: readonly ProcessChurn[];
  /** What no process is known for; null when there is none. */
  readonly unowned: ChurnCount | null;
  /** Nearest to having no ports left first, then those with most mini-sockets. */
  readonly destinations: readonly DestinationChurn[];
}

/** Mini-sockets, in TIME_WAIT or FIN_WAIT2. */
export interface TimeWaitCount {
  /** As the model has it; of these, `finWait2` still wait for the peer's FIN. */
  readonly now: number;
  readonly finWait2: number;
  /** As the kernel counts them (sockstat); null where that was not read, or where a filter makes it another thing. */
  readonly kernel: number | null;
  /** Of all, tcp_max_tw_buckets of the namespace nearest to it. */
  readonly limit: number | null;
  /** Since tcptrace began: not made because the limit was reached; ended before their time, by reuse. */
  readonly overflowed: number | null;
  readonly recycled: number | null;
}

export interface NamespaceChurn extends TimeWaitCount {
  readonly netns: number;
}

export interface ChurnCount {
  /** Mini-sockets made while watching, and in each of the last seconds. */
  readonly entered: number;
  readonly enteredPerSecond: number;
  readonly now: number;
}

export interface ProcessChurn extends ChurnCount {
  readonly pid: number;
  readonly comm: string;
}

export interface DestinationChurn {
  readonly netns: number | null;
  /** Which end is ours. */
  readonly side: Side;
  readonly source: Address;
  readonly address: Address;
  readonly port: number;
  readonly timeWait: number;
  readonly entered: number;
  /** Ports in use from that source toward that destination: open connections and mini-sockets. */
  readonly inUse: number;
  /** Of the mini-sockets: those that the kernel gives away again before their time (tcp_tw_reuse). */
  readonly reusable: number;
  /** How many there are to use, by ip_local_port_range without reserved ones; null on the server's side. */
  readonly ports: number | null;
  readonly openedPerSecond: number | null;
  /** Until connect() fails with EADDRNOTAVAIL, at today's rates; null when that does not come. */
  readonly exhaustedInMs: number | null;
  /** Who uses the ports, most of them first. */
  readonly users: readonly PortUser[];
}

export interface PortUser {
  readonly pid: number;
  readonly comm: string;
  readonly inUse: number;
}
