import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const CLOSE_WAIT: Page = {
  topic: "close-wait",
  aliases: ["close-wait-leak"],
  title: "the peer has closed, our program has not",
  what: [
    "The peer's FIN has arrived: it will send no more. The kernel has acknowledged it and waits for our program to call close(). " +
      "The kernel has no timer for this state, so it can last forever.",
    "The socket keeps its descriptor and its memory; the peer is in FIN_WAIT2, or no longer knows the connection.",
  ],
  causes: [
    "A program that does not close: an error path that returns early, a response body that is never closed, an exception that skips " +
      "the close(). A classic: the server closes first after an error page, and the client drops the response but keeps the " +
      "connection.",
    "A program that does not read: a stuck worker, or an unused connection in a pool. It never sees EOF, which would make it " +
      "close.",
    "A connection still in the accept queue whose client has given up: the program is stalled, which is not a leak.",
    "On purpose: the peer has only shut down sending (shutdown(SHUT_WR)), and our side is still sending its answer.",
  ],
  helps: [
    "Code: close on every path (try/finally, defer, with, using), close response bodies, remove dead connections from pools.",
    "Until then, restart the process: when it exits, the kernel closes all its sockets.",
    "tcptrace leaks names the process, the peer, and whether the program has read EOF.",
  ],
  avoid: [
    {
      what: "any sysctl",
      why: "none ends this state; tcp_fin_timeout applies to FIN_WAIT2, tcp_tw_reuse to TIME_WAIT",
    },
    {
      what: "tcp_keepalive_time",
      why: "with SO_KEEPALIVE, a probe may be answered by a reset: the socket goes away but its descriptor stays open",
    },
    { what: "a higher limit of open files", why: "the leak goes on and takes longer to be noticed" },
  ],
  sources: [SOURCES.states, SOURCES.halfClosed, SOURCES.finCode, ipSysctl("tcp_fin_timeout")],
};
