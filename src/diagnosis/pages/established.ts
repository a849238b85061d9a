import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const ESTABLISHED: Page = {
  topic: "established",
  aliases: ["keepalive", "keepalive-late", "keep-alive", "tcp_retries2"],
  title: "a connection in use or idle; how a dead peer is detected",
  what: [
    "Both sides may send. TCP sends nothing on an idle connection, so a peer that vanishes without a FIN or a reset (a crash, a " +
      "cable, a firewall that dropped its state) goes unnoticed.",
    "A side that sends notices when nothing is acknowledged for tcp_retries2 (about 15 minutes). A side that only waits never " +
      "notices without keepalive: with SO_KEEPALIVE the kernel probes after tcp_keepalive_time (2h), then every " +
      "tcp_keepalive_intvl (75s), and gives up after tcp_keepalive_probes (9): 2h 11m by default.",
  ],
  causes: [
    "A growing number of idle connections: clients that vanish (mobile, NAT) and a server without a timeout.",
    "Timeouts or resets at the first request after a pause: load balancers and NAT drop idle connections, often after a few minutes.",
  ],
  helps: [
    "SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT on the sockets, below the shortest timeout on the path.",
    "Timeouts in the program: read timeouts, pings (HTTP/2, WebSocket, gRPC), an idle limit in pools.",
    "TCP_USER_TIMEOUT limits how long sent data may stay unacknowledged.",
    "tcp_keepalive_time applies to all programs that set only SO_KEEPALIVE.",
  ],
  avoid: [
    { what: "tcp_keepalive_time for programs without SO_KEEPALIVE", why: "their sockets are never probed" },
    { what: "keepalive against CLOSE_WAIT", why: "there the peer has already closed; the program must close" },
  ],
  sources: [
    SOURCES.keepalive,
    SOURCES.userTimeout,
    "RFC 9293 3.8.4 (TCP keep-alives)",
    ipSysctl("tcp_keepalive_time", "tcp_keepalive_intvl", "tcp_keepalive_probes", "tcp_retries2"),
  ],
};
