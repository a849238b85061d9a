import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const LAST_ACK: Page = {
  topic: "last-ack",
  aliases: [],
  title: "both sides have closed, the peer first; the ACK of our FIN is missing",
  what: [
    "The peer closed, then we did. Our FIN is sent; its ACK, the last segment of the connection, has not arrived.",
  ],
  causes: [
    "The peer is gone, or a firewall dropped its state after the peer's FIN and drops ours.",
    "The peer does not read, so the data before our FIN cannot be sent.",
  ],
  helps: [
    "Check the network toward that peer, and firewalls with short timeouts for closing connections.",
    "The kernel gives up after tcp_orphan_retries (0 means 8).",
  ],
  avoid: [{ what: "tcp_fin_timeout", why: "it applies to FIN_WAIT2, which the side that closes second never enters" }],
  sources: [SOURCES.states, SOURCES.closing, ipSysctl("tcp_orphan_retries")],
};
