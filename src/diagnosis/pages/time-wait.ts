import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const TIME_WAIT: Page = {
  topic: "time-wait",
  aliases: ["time-wait-harmless", "time-wait-buckets", "server-closes-first", "no-pooling", "ports-running-out"],
  title: "our side closed first; the 4-tuple stays reserved for 60s",
  what: [
    "TIME_WAIT is held by the side that closed first: a small record of the connection, kept for 60s, so that a late segment is not " +
      "mistaken for one of a new connection with the same 4-tuple, and so that a lost final ACK can be retransmitted.",
    "It has no process, no descriptor and no buffers, only a few hundred bytes. Tens of thousands are harmless.",
    "On Linux its duration is fixed when the kernel is built (TCP_TIMEWAIT_LEN). No setting changes it.",
  ],
  causes: [
    "Many short connections that our side closes first: a client without a pool, or a server that closes after each response.",
  ],
  helps: [
    "Fewer connections: pools, HTTP keep-alive. That also saves handshakes.",
    "A client that connects to one address and port too often runs out of ephemeral ports (EADDRNOTAVAIL): 28,232 in 60s by " +
      "default, about 470/s. Use a pool, or more ports (ip_local_port_range) or addresses, with tcp_tw_reuse as a stopgap.",
    "If tcp_max_tw_buckets is reached, raise it if memory allows.",
    "tcptrace churn shows the processes, their destinations, and when ports run out.",
  ],
  avoid: [
    { what: "tcp_fin_timeout", why: "it applies to FIN_WAIT2 and does not shorten TIME_WAIT" },
    { what: "tcp_tw_recycle", why: "removed in Linux 4.12; it dropped connections of clients behind one NAT address" },
    { what: "a lower tcp_max_tw_buckets", why: "it defeats the purpose of TIME_WAIT; the documentation forbids it" },
    { what: "SO_LINGER with 0", why: "it resets the connection: the peer loses data that it has not read" },
  ],
  sources: [
    SOURCES.timeWait,
    SOURCES.assassination,
    SOURCES.timeWaitCode,
    ipSysctl("tcp_tw_reuse", "tcp_max_tw_buckets", "ip_local_port_range"),
  ],
};
