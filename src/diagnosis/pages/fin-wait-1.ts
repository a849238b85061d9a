import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const FIN_WAIT_1: Page = {
  topic: "fin-wait-1",
  aliases: ["fin-wait1"],
  title: "our side closed first, and the peer has not acknowledged that",
  what: [
    "Our FIN is sent, or waits behind data that the peer has not taken yet. It mostly lasts as long as a round trip.",
    "It mostly is an orphan: the process has closed, and the kernel sends what is left.",
  ],
  causes: [
    "The peer is gone, or the way to it: segments are sent again and again, with longer and longer waits.",
    "The peer does not read, and its window is shut: the data before our FIN cannot go out.",
  ],
  helps: [
    "Look at the network toward that peer. Send-Q of ss -tn shows what could not be sent, ss -to the timer.",
    "The kernel gives up after tcp_orphan_retries (0 means 8). Lower, on a loaded server, it frees memory sooner.",
    "TCP_USER_TIMEOUT lets a program bound how long what it has sent may stay unacknowledged.",
  ],
  avoid: [
    { what: "tcp_fin_timeout", why: "it begins to count when the FIN has been acknowledged" },
    { what: "a lower tcp_max_orphans", why: "past it the kernel resets orphans at once, the healthy ones too" },
  ],
  sources: [SOURCES.states, SOURCES.orphanCode, SOURCES.userTimeout, ipSysctl("tcp_orphan_retries", "tcp_max_orphans")],
};
