import type { SourceName } from "../events/event.ts";
import type { Address } from "../net/address.ts";
import type { Side } from "../net/tuple.ts";

/**
 * Which processes cause TIME_WAIT, toward which destinations, and how many ports are left. Plain data of one moment.
 */
export interface ChurnReport {
  /** Unix epoch, milliseconds. */
  readonly wallMs: number;
  readonly source: SourceName | null;
  readonly lost: number;
  /** False if a survey could not read a process. */
  readonly complete: boolean;
  /** How long tracing has run. */
  readonly seconds: number;
  /** All namespaces together. */
  readonly total: TimeWaitCount;
  /** Mini-sockets created while tracing. */
  readonly entered: number;
  /** Mini-sockets not kept because a table was full. */
  readonly dropped: number;
  /** Nearest to the limit of mini-sockets first. */
  readonly namespaces: readonly NamespaceChurn[];
  /** Mini-sockets created per second, over at most five minutes, oldest first. */
  readonly history: readonly number[];
  /** Fastest first. */
  readonly processes: readonly ProcessChurn[];
  /** Mini-sockets of unknown processes; null if there are none. */
  readonly unowned: ChurnCount | null;
  /** Nearest to running out of ports first, then most mini-sockets first. */
  readonly destinations: readonly DestinationChurn[];
}

/** Mini-sockets, in TIME_WAIT or FIN_WAIT2. */
export interface TimeWaitCount {
  /** The model's count; `finWait2` of these still wait for the peer's FIN. */
  readonly now: number;
  readonly finWait2: number;
  /** The kernel's count (sockstat); null if not read, or not comparable because of a filter. */
  readonly kernel: number | null;
  /** tcp_max_tw_buckets; in the total, that of the namespace nearest to its limit. */
  readonly limit: number | null;
  /** Since tcptrace started: not created because the limit was reached, and ended early because of reuse. */
  readonly overflowed: number | null;
  readonly recycled: number | null;
}

export interface NamespaceChurn extends TimeWaitCount {
  readonly netns: number;
}

export interface ChurnCount {
  /** Mini-sockets created while tracing, and the current rate. */
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
  /** Which side is ours. */
  readonly side: Side;
  readonly source: Address;
  readonly address: Address;
  readonly port: number;
  readonly timeWait: number;
  readonly entered: number;
  /** Ports in use from that source toward that destination: open connections and mini-sockets. */
  readonly inUse: number;
  /** Mini-sockets whose port the kernel may reuse early (tcp_tw_reuse). */
  readonly reusable: number;
  /** Usable ports: ip_local_port_range without reserved ones; null on the server's side. */
  readonly ports: number | null;
  readonly openedPerSecond: number | null;
  /** Until connect() fails with EADDRNOTAVAIL at the current rates; null if it will not. */
  readonly exhaustedInMs: number | null;
  /** Processes that use the ports, most ports first. */
  readonly users: readonly PortUser[];
}

export interface PortUser {
  readonly pid: number;
  readonly comm: string;
  readonly inUse: number;
}
