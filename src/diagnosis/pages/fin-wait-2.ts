import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const FIN_WAIT_2: Page = {
  topic: "fin-wait-2",
  aliases: ["fin-wait2"],
  title: "our FIN is acknowledged, and the peer has not closed",
  what: [
    "We have closed, the peer's kernel knows it, and the peer's program has not closed its side. It may still send.",
    "As an orphan, after close(), it ends after tcp_fin_timeout (60 s). While a process holds it, after shutdown(SHUT_WR), the " +
      "kernel has no timer for it.",
  ],
  causes: [
    "The peer leaks: its sockets stand in CLOSE_WAIT. What is wrong is there.",
    "The peer is gone without a word after it has acknowledged the FIN.",
    "Our program has ended its sending on purpose, and still reads (half-closed).",
  ],
  helps: [
    "Mend the peer: tcptrace leaks on its machine names the process.",
    "Of orphans nothing has to be done: they end by themselves. Where memory is short, a lower tcp_fin_timeout ends them sooner.",
    "Of held ones: the program has to read with a timeout, and then close().",
  ],
  avoid: [
    { what: "tcp_fin_timeout as a cure for TIME_WAIT", why: "it is this state's, and no other's" },
    { what: "tcp_keepalive_time for orphans", why: "tcp_fin_timeout is what ends them" },
  ],
  sources: [SOURCES.states, SOURCES.halfClosed, SOURCES.linger2, ipSysctl("tcp_fin_timeout")],
};
