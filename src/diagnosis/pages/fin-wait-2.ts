import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const FIN_WAIT_2: Page = {
  topic: "fin-wait-2",
  aliases: ["fin-wait2"],
  title: "our FIN is acknowledged; the peer has not closed",
  what: [
    "We have closed and the peer's kernel has acknowledged it, but the peer's program has not closed its side. It may still send.",
    "After close() the socket is an orphan and ends after tcp_fin_timeout (60s). After shutdown(SHUT_WR) a process still holds it, " +
      "and the kernel has no timer for it.",
  ],
  causes: [
    "The peer leaks: its sockets are in CLOSE_WAIT. The problem is there.",
    "The peer vanished after it acknowledged our FIN.",
    "Our program has shut down sending on purpose and still reads (half-closed).",
  ],
  helps: [
    "Fix the peer: run tcptrace leaks on its machine to find the process.",
    "Orphans end by themselves. If memory is short, a lower tcp_fin_timeout ends them sooner.",
    "If a process holds them: the program must read with a timeout and then call close().",
  ],
  avoid: [
    { what: "tcp_fin_timeout as a cure for TIME_WAIT", why: "it applies to FIN_WAIT2 only" },
    { what: "tcp_keepalive_time for orphans", why: "tcp_fin_timeout ends them" },
  ],
  sources: [SOURCES.states, SOURCES.halfClosed, SOURCES.linger2, ipSysctl("tcp_fin_timeout")],
};
