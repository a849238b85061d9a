import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const SYN_RECV: Page = {
  topic: "syn-recv",
  aliases: ["new-syn-recv"],
  title: "a client's SYN has come and is answered; its last ACK is missing",
  what: [
    "A half-open handshake. The kernel remembers it for its listener, sends its SYN-ACK again tcp_synack_retries times (some 63 s " +
      "in all), and forgets it.",
    "It has no process yet. What the listener's backlog cannot take is answered by SYN cookies, or dropped where those are off.",
  ],
  causes: [
    "A SYN flood: many addresses, mostly forged, that never answer.",
    "Real clients that our SYN-ACK does not reach: routes that differ by direction, a firewall.",
    "An accept queue that is full: the last ACK comes, and finds no room.",
  ],
  helps: [
    "tcp_syncookies=1, which is the default, against floods.",
    "For honest bursts a larger backlog in listen(), with somaxconn and tcp_max_syn_backlog; then a restart of the program.",
    "TcpExt TCPReqQFullDoCookies, TCPReqQFullDrop and ListenOverflows (nstat -az) tell which of them it is.",
  ],
  avoid: [
    { what: "tcp_max_syn_backlog alone", why: "a listener's own backlog ends its queue first" },
    { what: "SYN cookies for legal load", why: "the documentation calls them a fallback: they lose TCP options" },
  ],
  sources: [
    SOURCES.states,
    SOURCES.requestCode,
    SOURCES.listen,
    ipSysctl("tcp_syncookies", "tcp_max_syn_backlog", "tcp_synack_retries"),
  ],
};
