import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const SYN_RECV: Page = {
  topic: "syn-recv",
  aliases: ["new-syn-recv"],
  title: "a client's SYN was answered; its final ACK is missing",
  what: [
    "A half-open handshake. The kernel keeps it for the listener, retransmits the SYN-ACK tcp_synack_retries times (about 63s in " +
      "all), then drops it.",
    "It has no process yet. When the listener's backlog is full, the kernel answers with SYN cookies, or drops SYNs if they are off.",
  ],
  causes: [
    "A SYN flood: many addresses, usually forged, that never answer.",
    "Real clients that our SYN-ACK does not reach: asymmetric routes, a firewall.",
    "A full accept queue: the final ACK arrives, but the queue has no room.",
  ],
  helps: [
    "Against floods: tcp_syncookies=1, the default.",
    "For legitimate bursts: a larger backlog in listen(), with somaxconn and tcp_max_syn_backlog; then restart the program.",
    "TcpExt TCPReqQFullDoCookies, TCPReqQFullDrop and ListenOverflows (nstat -az) show which cause it is.",
  ],
  avoid: [
    { what: "tcp_max_syn_backlog alone", why: "the listener's own backlog limits its queue first" },
    { what: "SYN cookies for legitimate load", why: "the documentation calls them a fallback: they lose TCP options" },
  ],
  sources: [
    SOURCES.states,
    SOURCES.requestCode,
    SOURCES.listen,
    ipSysctl("tcp_syncookies", "tcp_max_syn_backlog", "tcp_synack_retries"),
  ],
};
