import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";

const NOT_SHORT = "nothing is running out, so nothing would change";

/** Settings of TIME_WAIT and of ephemeral ports. */
export const TIME_WAIT_KNOBS: readonly SysctlAdvice[] = [
  {
    name: "net.ipv4.tcp_tw_reuse",
    default: "2",
    does:
      "whether connect() may reuse a port whose connection to the same destination has been in TIME_WAIT for a second; both " +
      "sides need timestamps. 0 no, 1 yes, 2 on loopback only (0 before Linux 4.19)",
    helps: {
      "ports-running-out":
        "1 reuses ports after a second, on the connecting side; the fix is a pool, and the documentation advises asking an expert first",
    },
    refusals: {
      "time-wait-harmless": NOT_SHORT,
      "server-closes-first": "it works on the connecting side; a server's TIME_WAIT uses up no port",
      "close-wait-leak": "CLOSE_WAIT is a different state, which only the program ends",
      "time-wait-buckets": "it is about ports; only a new connection to the same destination ends TIME_WAIT early",
    },
    myth: "It does nothing for incoming connections, and by itself does not lower the number in TIME_WAIT.",
    sources: [ipSysctl("tcp_tw_reuse", "tcp_tw_reuse_delay"), SOURCES.portCode, SOURCES.reuse],
  },
  {
    name: "net.ipv4.tcp_tw_recycle",
    default: "gone",
    does: "nothing: Linux 4.12 removed it. It ended TIME_WAIT early, assuming that one address has one timestamp clock",
    helps: {},
    refusals: {
      "time-wait-harmless": "removed in Linux 4.12",
      "ports-running-out": "removed in Linux 4.12; it dropped connections of clients behind one NAT address",
      "time-wait-buckets": "removed in Linux 4.12; it dropped connections of clients behind one NAT address",
      "server-closes-first": "removed in Linux 4.12; it dropped connections of clients behind one NAT address",
    },
    myth: "On an old kernel, leave it 0: clients behind NAT share an address but not a clock, and their SYNs are dropped.",
    sources: ["commit 4396e46187ca (tcp: remove tcp_tw_recycle), Linux 4.12", SOURCES.reuse],
  },
  {
    name: "net.ipv4.tcp_max_tw_buckets",
    default: "by memory",
    does: "how many sockets may be in TIME_WAIT (and, as orphans, in FIN_WAIT2); above it connections end without TIME_WAIT",
    helps: { "time-wait-buckets": "raise it if memory allows: a few hundred bytes each" },
    refusals: {
      "time-wait-harmless": "the limit is not reached; the documentation forbids lowering it",
      "ports-running-out":
        "a lower value frees ports by defeating the purpose of TIME_WAIT; the documentation forbids it",
    },
    myth: "Do not lower it to have fewer in TIME_WAIT: old segments may then enter new connections.",
    sources: [ipSysctl("tcp_max_tw_buckets"), SOURCES.timeWaitCode],
  },
  {
    name: "net.ipv4.ip_local_port_range",
    default: "32768 60999",
    does: "the ports that connect() chooses from, all of them for each combination of source address, destination and port",
    helps: { "ports-running-out": "a wider range buys time; exclude listeners' ports with ip_local_reserved_ports" },
    refusals: {
      "time-wait-harmless": NOT_SHORT,
      "no-pooling": NOT_SHORT,
      "server-closes-first": "incoming connections use none of these ports",
      "close-wait-leak": "with more ports the leak only takes longer to fail",
    },
    myth: "It is not a limit of connections: 28,232 ports are available for each destination, not for the whole machine.",
    sources: [ipSysctl("ip_local_port_range"), SOURCES.ports, SOURCES.portCode],
  },
  {
    name: "net.ipv4.tcp_timestamps",
    default: "1",
    does: "whether segments carry timestamps (RFC 7323): against old duplicates (PAWS), for round-trip times and for tcp_tw_reuse",
    helps: { "ports-running-out": "if it is 0: without timestamps no port in TIME_WAIT is reused" },
    refusals: { "time-wait-harmless": "without timestamps, ports could not be reused when needed" },
    myth: "Turning it off gains nothing and disables PAWS and tcp_tw_reuse.",
    sources: [ipSysctl("tcp_timestamps"), "RFC 7323"],
  },
];
