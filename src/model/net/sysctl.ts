/** Kernel settings per network namespace, by their sysctl(8) names. */
export const NAMESPACE_SYSCTLS = [
  "net.core.somaxconn",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_abort_on_overflow",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_max_syn_backlog",
  "net.ipv4.tcp_max_tw_buckets",
  "net.ipv4.tcp_orphan_retries",
  "net.ipv4.tcp_retries2",
  "net.ipv4.tcp_syn_retries",
  "net.ipv4.tcp_synack_retries",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_timestamps",
  "net.ipv4.tcp_tw_recycle",
  "net.ipv4.tcp_tw_reuse",
  "net.ipv4.tcp_tw_reuse_delay",
] as const;

/** Kernel settings of the whole machine. */
export const HOST_SYSCTLS = [
  "fs.file-max",
  "fs.nr_open",
  "net.core.netdev_max_backlog",
  "net.ipv4.tcp_max_orphans",
] as const;

export type SysctlName = (typeof NAMESPACE_SYSCTLS)[number] | (typeof HOST_SYSCTLS)[number];

/** Values as sysctl(8) prints them; absent if this kernel lacks them or they are not readable. */
export type Sysctls = Readonly<Partial<Record<SysctlName, string>>>;

/** A setting as an integer; null if it is not one. */
export function sysctlNumber(sysctls: Sysctls, name: SysctlName): number | null {
  const text = sysctls[name];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
