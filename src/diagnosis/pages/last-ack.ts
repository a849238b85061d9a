import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const LAST_ACK: Page = {
  topic: "last-ack",
  aliases: [],
  title: "both have closed, the peer first; the ACK of our FIN is missing",
  what: ["The peer closed, then we did. Our FIN is sent, and its ACK, the last of the connection, has not come."],
  causes: [
    "The peer is gone, or a firewall has forgotten the connection after its FIN and drops ours.",
    "The peer does not read, so that the data before our FIN cannot go out.",
  ],
  helps: [
    "Look at the network toward that peer, and at firewalls with short timeouts for connections that end.",
    "The kernel gives up after tcp_orphan_retries (0 means 8).",
  ],
  avoid: [{ what: "tcp_fin_timeout", why: "it is FIN_WAIT2's; who closes second never is in FIN_WAIT2" }],
  sources: [SOURCES.states, SOURCES.closing, ipSysctl("tcp_orphan_retries")],
};
