import { SOURCES } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const RESET: Page = {
  topic: "reset",
  aliases: ["reset-storm", "rst"],
  title: "a connection ended or refused at once, without FIN",
  what: [
    "A reset says that there is no such connection, or not any more. The other side's read() and write() fail with ECONNRESET or " +
      "EPIPE; in place of an answer to a SYN, connect() fails with ECONNREFUSED.",
    "It leaves no TIME_WAIT.",
  ],
  causes: [
    "close() with data that have not been read, SO_LINGER with 0, or the end of a process with unread data.",
    "Data that come to a socket that is closed already, as after an idle timeout that is shorter than the other side's.",
    "A load balancer or firewall that has forgotten the connection. A port that nobody listens on.",
  ],
  helps: [
    "tcptrace events --json | jq 'select(.cause == \"reset\")' names the processes and their peers.",
    "Let who connects close idle connections sooner than who listens.",
    "Read to the end before close().",
  ],
  avoid: [{ what: "sysctls", why: "none makes a peer keep what it has given up" }],
  sources: [SOURCES.reset, SOURCES.counters],
};
