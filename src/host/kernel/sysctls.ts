import { safeText } from "../../base/text.ts";
import { readOptional } from "../machine/optional-file.ts";

/**
 * The limits of TCP's ports, queues, timeouts and descriptors (Documentation/admin-guide/sysctl,
 * networking/ip-sysctl.rst).
 */
const NAMES = [
  "fs.file-max",
  "fs.nr_open",
  "net.core.somaxconn",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_abort_on_overflow",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_max_orphans",
  "net.ipv4.tcp_max_syn_backlog",
  "net.ipv4.tcp_max_tw_buckets",
  "net.ipv4.tcp_orphan_retries",
  "net.ipv4.tcp_retries2",
  "net.ipv4.tcp_rfc1337",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_timestamps",
  "net.ipv4.tcp_tw_reuse",
] as const;

/** The kernel's settings by name, as sysctl(8) prints them; those this kernel lacks are left out. */
export function readSysctls(): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const name of NAMES) {
    const text = readOptional(`/proc/sys/${name.replaceAll(".", "/")}`);
    if (text !== null) settings[name] = safeText(text.trim().replaceAll(/\s+/g, " ").slice(0, 512));
  }
  return settings;
}
