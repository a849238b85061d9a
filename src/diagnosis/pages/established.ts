import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const ESTABLISHED: Page = {
  topic: "established",
  aliases: ["keepalive", "keepalive-late", "keep-alive", "tcp_retries2"],
  title: "a connection in use, or idle; how a dead peer is found out",
  what: [
    "Both sides may send. TCP sends nothing on an idle connection: a peer that is gone without FIN or reset, by a crash, a cable or " +
      "a firewall that has forgotten the connection, is not missed.",
    "Who sends finds out, when nothing is acknowledged for tcp_retries2 (some 15 minutes). Who only waits never does, but for " +
      "keepalive: with SO_KEEPALIVE the kernel probes after tcp_keepalive_time (2 h), each tcp_keepalive_intvl (75 s), and gives up " +
      "after tcp_keepalive_probes (9): 2 h 11 min by default.",
  ],
  causes: [
    "Idle connections that grow in number: clients that vanish (mobile, NAT), and a server without a timeout.",
    "Timeouts or resets at the first request after a pause: load balancers and NAT forget idle connections, often after some minutes.",
  ],
  helps: [
    "SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT on the sockets, below the shortest timeout on the way.",
    "Timeouts in the program: read timeouts, pings (HTTP/2, WebSocket, gRPC), an idle limit of pools.",
    "TCP_USER_TIMEOUT for how long sent data may stay unacknowledged.",
    "tcp_keepalive_time for all programs that set SO_KEEPALIVE and nothing else.",
  ],
  avoid: [
    { what: "tcp_keepalive_time for programs without SO_KEEPALIVE", why: "their sockets are never probed" },
    { what: "keepalive against CLOSE_WAIT", why: "there the peer has said that it is gone; the program has to close" },
  ],
  sources: [
    SOURCES.keepalive,
    SOURCES.userTimeout,
    "RFC 9293 3.8.4 (TCP keep-alives)",
    ipSysctl("tcp_keepalive_time", "tcp_keepalive_intvl", "tcp_keepalive_probes", "tcp_retries2"),
  ],
};
