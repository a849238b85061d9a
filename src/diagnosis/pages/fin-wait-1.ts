import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const FIN_WAIT_1: Page = {
  topic: "fin-wait-1",
  aliases: ["fin-wait1"],
  title: "our side closed first; the peer has not acknowledged our FIN",
  what: [
    "Our FIN is sent, or queued behind data that the peer has not taken yet. The state usually lasts one round trip.",
    "The socket is usually an orphan: the process has closed, and the kernel sends the rest.",
  ],
  causes: [
    "The peer or the path to it is down: segments are retransmitted at growing intervals.",
    "The peer does not read and its window is closed: the data before our FIN cannot be sent.",
  ],
  helps: [
    "Check the network toward that peer. Send-Q of ss -tn shows unsent data, ss -to the timer.",
    "The kernel gives up after tcp_orphan_retries (0 means 8). On a loaded server, a lower value frees memory sooner.",
    "TCP_USER_TIMEOUT limits how long data sent by a program may stay unacknowledged.",
  ],
  avoid: [
    { what: "tcp_fin_timeout", why: "it starts only when our FIN is acknowledged" },
    { what: "a lower tcp_max_orphans", why: "above it the kernel resets orphans at once, healthy ones too" },
  ],
  sources: [SOURCES.states, SOURCES.orphanCode, SOURCES.userTimeout, ipSysctl("tcp_orphan_retries", "tcp_max_orphans")],
};
