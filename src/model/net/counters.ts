import type { Sysctls } from "./sysctl.ts";

/**
 * The kernel counters that tcptrace reads from /proc/net/snmp (Tcp) and /proc/net/netstat (TcpExt), by the kernel's
 * names (net/ipv4/proc.c). All except CurrEstab only ever rise.
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

/** Kernel counters and settings of one network namespace. */
export interface NamespaceCounters {
  readonly netns: number;
  /** Mini-sockets, in TIME_WAIT or FIN_WAIT2 (/proc/net/sockstat, TCP tw). */
  readonly timeWait: number;
  /** Only the counters that this kernel has. */
  readonly counters: Readonly<Partial<Record<CounterName, number>>>;
  /** Null if they could not be read. */
  readonly settings: NetworkSettings | null;
}

/** Settings that control connect() and TIME_WAIT in a namespace (Documentation/networking/ip-sysctl.rst). */
export interface NetworkSettings {
  /** tcp_max_tw_buckets. */
  readonly timeWaitLimit: number;
  /** ip_local_port_range, inclusive. */
  readonly firstPort: number;
  readonly lastPort: number;
  /** Number of ports in that range that ip_local_reserved_ports excludes. */
  readonly reservedPorts: number;
  /** tcp_tw_reuse: 0 off, 1 on, 2 for loopback only. */
  readonly timeWaitReuse: number;
  /** How long a TIME_WAIT must last before it is reused (tcp_tw_reuse_delay; 1 s before Linux 6.14). */
  readonly reuseDelayMs: number;
  /** tcp_timestamps: without them nothing is reused. */
  readonly timestamps: boolean;
  /** tcp_fin_timeout: how long FIN_WAIT2 lasts after our side has closed. */
  readonly finTimeoutMs: number;
  /** All settings that were read; absent in recordings of earlier versions. */
  readonly sysctls?: Sysctls;
}

/** Kernel counters and settings of the whole machine. Null: could not be read. */
export interface HostFigures {
  /** Open files; one with several descriptors counts once (/proc/sys/fs/file-nr). */
  readonly openFiles: number | null;
  /** Sockets that no process holds and that have not ended yet (/proc/net/sockstat, TCP orphan). */
  readonly orphans: number | null;
  /** Packets dropped since boot because a CPU's backlog queue was full (/proc/net/softnet_stat). */
  readonly backlogDrops: number | null;
  readonly sysctls: Sysctls;
}
