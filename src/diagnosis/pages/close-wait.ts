import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const CLOSE_WAIT: Page = {
  topic: "close-wait",
  aliases: ["close-wait-leak"],
  title: "the peer has closed, and our program has not",
  what: [
    "The peer's FIN has come: it will send no more. The kernel has acknowledged it, and waits for our program to call close(). It " +
      "waits without end: there is no timer for this state.",
    "The socket keeps its descriptor and its memory, and the peer stands in FIN_WAIT2, or has forgotten the connection.",
  ],
  causes: [
    "A program that does not close: an error path that returns early, a response whose body is never closed, an exception past the " +
      "close(). The classic: the server closes first after an error page, and the client's code drops the response and not the " +
      "connection.",
    "A program that does not read: a worker that is stuck, or a connection forgotten in a pool. Then the end of the stream, for " +
      "which it would close, is never seen.",
    "A connection still in the accept queue, whose client has given up: the program is stalled, which is no leak.",
    "On purpose: the peer has only ended its sending (shutdown(SHUT_WR)), and our side still answers. Then data go out.",
  ],
  helps: [
    "Code: close on every path (try/finally, defer, with, using), close response bodies, remove dead connections from pools.",
    "Until then a restart of the process: the kernel closes all of its sockets at its end.",
    "tcptrace leaks names the process, the peer, and whether it has read to the end.",
  ],
  avoid: [
    { what: "any sysctl", why: "none ends this state; tcp_fin_timeout is FIN_WAIT2's, tcp_tw_reuse TIME_WAIT's" },
    {
      what: "tcp_keepalive_time",
      why: "with SO_KEEPALIVE a probe may bring a reset of a peer that has forgotten us: the socket goes, and the descriptor stays",
    },
    { what: "a higher limit of open files", why: "the leak goes on, and takes longer to be noticed" },
  ],
  sources: [SOURCES.states, SOURCES.halfClosed, SOURCES.finCode, ipSysctl("tcp_fin_timeout")],
};
