import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const LISTEN: Page = {
  topic: "listen",
  aliases: ["accept-queue-stalled", "listen-overflow", "accept-queue", "backlog"],
  title: "a server's socket, and the queue of connections that wait for accept()",
  what: [
    "The kernel shakes hands by itself. Finished connections wait in the listener's accept queue, for accept(): as many as the " +
      "backlog of listen(), bounded by somaxconn, and one more.",
    "While it is full the kernel drops the last ACK of further handshakes, and SYNs: clients see delays of seconds, then timeouts.",
  ],
  causes: [
    "A program that does not accept: blocked, dead-locked, stopped, or out of descriptors (EMFILE).",
    "A program that is too slow for its load, or bursts that are longer than the queue.",
  ],
  helps: [
    "Find what the program waits for (cat /proc/PID/stack, a thread dump), or why it has no descriptors left.",
    "More workers; for short bursts a longer queue: a larger backlog in listen(), up to somaxconn.",
    "ss -ltn shows each queue (Recv-Q of Send-Q), TcpExt ListenOverflows what was dropped.",
  ],
  avoid: [
    {
      what: "a long queue before a slow program",
      why: "it fills as well, and clients have given up when their turn comes",
    },
    {
      what: "tcp_abort_on_overflow",
      why: "it turns a delay into an error; only where the program surely cannot be made faster",
    },
    { what: "tcp_max_syn_backlog, tcp_syncookies", why: "they are about handshakes that are not finished" },
  ],
  sources: [SOURCES.listen, SOURCES.acceptCode, SOURCES.counters, ipSysctl("somaxconn", "tcp_abort_on_overflow")],
};
