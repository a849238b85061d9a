import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const LISTEN: Page = {
  topic: "listen",
  aliases: ["accept-queue-stalled", "listen-overflow", "accept-queue", "backlog"],
  title: "a listening socket and its queue of connections waiting for accept()",
  what: [
    "The kernel completes handshakes by itself. Established connections wait for accept() in the listener's accept queue, which " +
      "holds the backlog of listen(), limited by somaxconn, plus one.",
    "While it is full the kernel drops SYNs and the final ACKs of handshakes: clients see delays of seconds, then timeouts.",
  ],
  causes: [
    "A program that does not accept: blocked, deadlocked, stopped, or out of descriptors (EMFILE).",
    "A program too slow for its load, or bursts longer than the queue.",
  ],
  helps: [
    "Find what the program waits for (cat /proc/PID/stack, a thread dump), or why it has no descriptors left.",
    "More workers; for short bursts a longer queue: a larger backlog in listen(), up to somaxconn.",
    "ss -ltn shows each queue (Recv-Q: length, Send-Q: limit), TcpExt ListenOverflows counts drops.",
  ],
  avoid: [
    {
      what: "a longer queue for a slow program",
      why: "it fills too, and clients have given up by the time they are accepted",
    },
    {
      what: "tcp_abort_on_overflow",
      why: "it turns a delay into an error; use it only if the program cannot be made faster",
    },
    { what: "tcp_max_syn_backlog, tcp_syncookies", why: "they apply to unfinished handshakes" },
  ],
  sources: [SOURCES.listen, SOURCES.acceptCode, SOURCES.counters, ipSysctl("somaxconn", "tcp_abort_on_overflow")],
};
