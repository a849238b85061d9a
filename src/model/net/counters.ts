import type { Sysctls } from "./sysctl.ts";

/**
 * Counters of the kernel's that tcptrace reads: of /proc/net/snmp (Tcp) and /proc/net/netstat (TcpExt), by the kernel's own
 * names (net/ipv4/proc.c). All but CurrEstab only ever rise.
 */
export const COUNTERS = [
  "ActiveOpens",
  "PassiveOpens",
  "AttemptFails",
  "EstabResets",
  "CurrEstab",
  "RetransSegs",
  "OutRsts",
  "SyncookiesSent",
  "SyncookiesFailed",
  "TW",
  "TWRecycled",
  "TWKilled",
  "ListenOverflows",
  "ListenDrops",
  "TCPAbortOnData",
  "TCPAbortOnClose",
  "TCPAbortOnMemory",
  "TCPAbortOnTimeout",
  "TCPAbortOnLinger",
  "TCPTimeWaitOverflow",
  "TCPReqQFullDrop",
  "TCPReqQFullDoCookies",
  "TCPTimeouts",
  "TCPSynRetrans",
  "TCPKeepAlive",
] as const;

export type CounterName = (typeof COUNTERS)[number];

/** What the kernel counts by itself in a network namespace, and what it goes by there. */
export interface NamespaceCounters {
  readonly netns: number;
  /** Mini-sockets, in TIME_WAIT or FIN_WAIT2 (/proc/net/sockstat, TCP tw). */
  readonly timeWait: number;
  /** Those that this kernel has. */
  readonly counters: Readonly<Partial<Record<CounterName, number>>>;
  /** Null where they could not be read. */
  readonly settings: NetworkSettings | null;
}

/** What connect() and TIME_WAIT go by in a namespace (Documentation/networking/ip-sysctl.rst). */
export interface NetworkSettings {
  /** tcp_max_tw_buckets. */
  readonly timeWaitLimit: number;
  /** ip_local_port_range, both ends included. */
  readonly firstPort: number;
  readonly lastPort: number;
  /** Of the ports in that range: kept out of it by ip_local_reserved_ports. */
  readonly reservedPorts: number;
  /** tcp_tw_reuse: 0 no, 1 yes, 2 for loopback only. */
  readonly timeWaitReuse: number;
  /** How long a TIME_WAIT must have lasted to be reused (tcp_tw_reuse_delay; 1 s before Linux 6.14). */
  readonly reuseDelayMs: number;
  /** tcp_timestamps: without them nothing is reused. */
  readonly timestamps: boolean;
  /** tcp_fin_timeout: how long FIN_WAIT2 lasts once our side has closed. */
  readonly finTimeoutMs: number;
  /** All that was read; not there in recordings of earlier versions. */
  readonly sysctls?: Sysctls;
}

/** What the kernel counts and goes by in all namespaces together. Null: it could not be read. */
export interface HostFigures {
  /** Open files, each once however many descriptors it has (/proc/sys/fs/file-nr). */
  readonly openFiles: number | null;
  /** Sockets that no process has any more and that have not ended yet (/proc/net/sockstat, TCP orphan). */
  readonly orphans: number | null;
  /** Packets dropped since boot because a CPU's queue of them was full (/proc/net/softnet_stat). */
  readonly backlogDrops: number | null;
  readonly sysctls: Sysctls;
}
