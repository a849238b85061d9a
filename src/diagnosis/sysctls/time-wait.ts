import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";

const NOT_SHORT = "nothing is short, so that nothing would change";

/** Settings of TIME_WAIT and of ephemeral ports. */
export const TIME_WAIT_KNOBS: readonly SysctlAdvice[] = [
  {
    name: "net.ipv4.tcp_tw_reuse",
    default: "2",
    does:
      "whether connect() may take a port whose connection to the same destination is in TIME_WAIT for a second or longer; both " +
      "ends need timestamps. 0 no, 1 yes, 2 on loopback only (0 before Linux 4.19)",
    helps: {
      "ports-running-out":
        "1 gives ports away again after a second, on the side that connects; a pool is the cure, and the documentation wants an expert's advice",
    },
    refusals: {
      "time-wait-harmless": NOT_SHORT,
      "server-closes-first": "it is for who connects; a server's TIME_WAIT takes no port of its own",
      "close-wait-leak": "CLOSE_WAIT is another state, which only the program ends",
      "time-wait-buckets": "it counts for ports; only new connections to the same destination end TIME_WAIT by it",
    },
    myth: "It does nothing for connections that come in, and does not lower the number in TIME_WAIT by itself.",
    sources: [ipSysctl("tcp_tw_reuse", "tcp_tw_reuse_delay"), SOURCES.portCode, SOURCES.reuse],
  },
  {
    name: "net.ipv4.tcp_tw_recycle",
    default: "gone",
    does: "nothing: it has been removed in Linux 4.12. It ended TIME_WAIT early by timestamps that it took for the whole host's",
    helps: {},
    refusals: {
      "time-wait-harmless": "gone since Linux 4.12",
      "ports-running-out": "gone since Linux 4.12; it dropped connections of clients behind one NAT address",
      "time-wait-buckets": "gone since Linux 4.12; it dropped connections of clients behind one NAT address",
      "server-closes-first": "gone since Linux 4.12; it dropped connections of clients behind one NAT address",
    },
    myth: "Where an old kernel has it, leave it 0: clients behind NAT share an address and not a clock, and their SYNs are dropped.",
    sources: ["commit 4396e46187ca (tcp: remove tcp_tw_recycle), Linux 4.12", SOURCES.reuse],
  },
  {
    name: "net.ipv4.tcp_max_tw_buckets",
    default: "by memory",
    does: "how many sockets may be in TIME_WAIT (and, as orphans, in FIN_WAIT2); what is more ends without it",
    helps: { "time-wait-buckets": "raise it, where memory allows: some hundred bytes each" },
    refusals: {
      "time-wait-harmless": "they fit; the documentation forbids to lower it",
      "ports-running-out": "lower, it frees ports by breaking what TIME_WAIT protects; the documentation forbids that",
    },
    myth: "Lowering it is no way to have fewer in TIME_WAIT: old segments may then get into new connections.",
    sources: [ipSysctl("tcp_max_tw_buckets"), SOURCES.timeWaitCode],
  },
  {
    name: "net.ipv4.ip_local_port_range",
    default: "32768 60999",
    does: "from which ports connect() chooses; all of them toward each destination and port, from each source address",
    helps: { "ports-running-out": "a wider range gives time; keep listeners' ports out by ip_local_reserved_ports" },
    refusals: {
      "time-wait-harmless": NOT_SHORT,
      "no-pooling": NOT_SHORT,
      "server-closes-first": "connections that come in take none of these ports",
      "close-wait-leak": "more ports only delay the end of a leak",
    },
    myth: "It is no limit of connections: 28,232 ports are for one destination, not for the machine.",
    sources: [ipSysctl("ip_local_port_range"), SOURCES.ports, SOURCES.portCode],
  },
  {
    name: "net.ipv4.tcp_timestamps",
    default: "1",
    does: "whether segments carry timestamps (RFC 7323): against old duplicates (PAWS), for round-trip times and for tcp_tw_reuse",
    helps: { "ports-running-out": "where it is 0: without it nothing in TIME_WAIT is used again" },
    refusals: { "time-wait-harmless": "without timestamps ports could not be used again when that is needed" },
    myth: "Turning it off gains nothing, and takes PAWS and tcp_tw_reuse away.",
    sources: [ipSysctl("tcp_timestamps"), "RFC 7323"],
  },
];
