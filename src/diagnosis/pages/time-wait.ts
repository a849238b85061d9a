import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const TIME_WAIT: Page = {
  topic: "time-wait",
  aliases: ["time-wait-harmless", "time-wait-buckets", "server-closes-first", "no-pooling", "ports-running-out"],
  title: "our side closed first; for 60 s the connection's name is kept out of use",
  what: [
    "Who closes first keeps a small record of the connection for 60 s, so that a late segment of the old connection is not taken for " +
      "one of a new connection with the same addresses and ports, and so that a lost last ACK can be sent again.",
    "It has no process, no descriptor and no buffers: some hundred bytes. Tens of thousands are no trouble.",
    "On Linux its length is fixed when the kernel is built (TCP_TIMEWAIT_LEN). No setting changes it.",
  ],
  causes: [
    "Many short connections that our side closes first: a client without a pool, or a server that closes after each answer.",
  ],
  helps: [
    "Fewer connections: pools, HTTP keep-alive. That saves the handshakes, too.",
    "It hurts a client that connects to one address and port so often that ephemeral ports run out (EADDRNOTAVAIL): 28,232 in 60 s " +
      "by default, some 470 a second. Then a pool; or more ports (ip_local_port_range), more addresses, and tcp_tw_reuse as a stopgap.",
    "It may reach tcp_max_tw_buckets: raise that, where memory allows.",
    "tcptrace churn says who makes them, toward whom, and when ports run out.",
  ],
  avoid: [
    { what: "tcp_fin_timeout", why: "it is about FIN_WAIT2, and does not shorten TIME_WAIT" },
    { what: "tcp_tw_recycle", why: "gone since Linux 4.12; it dropped connections of clients behind one NAT address" },
    { what: "a lower tcp_max_tw_buckets", why: "it breaks what TIME_WAIT protects, and the documentation forbids it" },
    { what: "SO_LINGER with 0", why: "a reset in place of the end: the peer loses data that it has not read" },
  ],
  sources: [
    SOURCES.timeWait,
    SOURCES.assassination,
    SOURCES.timeWaitCode,
    ipSysctl("tcp_tw_reuse", "tcp_max_tw_buckets", "ip_local_port_range"),
  ],
};
