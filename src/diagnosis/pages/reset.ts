import { SOURCES } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const RESET: Page = {
  topic: "reset",
  aliases: ["reset-storm", "rst"],
  title: "a connection aborted or refused, without FIN",
  what: [
    "A reset means that the connection does not exist, or no longer exists. read() and write() on the other side fail with " +
      "ECONNRESET or EPIPE; if it answers a SYN, connect() fails with ECONNREFUSED.",
    "It leaves no TIME_WAIT.",
  ],
  causes: [
    "close() with unread data, SO_LINGER with 0, or a process that exits with unread data.",
    "Data for a socket that is already closed, for example because our idle timeout is shorter than the peer's.",
    "A load balancer or firewall that no longer knows the connection. A port without a listener.",
  ],
  helps: [
    "tcptrace events --json | jq 'select(.cause == \"reset\")' names the processes and their peers.",
    "Make the client close idle connections sooner than the server.",
    "Read to EOF before close().",
  ],
  avoid: [{ what: "sysctls", why: "none stops the peer from sending resets" }],
  sources: [SOURCES.reset, SOURCES.counters],
};
