import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const CLOSING: Page = {
  topic: "closing",
  aliases: [],
  title: "both sides closed at the same time; the ACK of our FIN is missing",
  what: [
    "Our FIN and the peer's crossed on the network. When the ACK of ours arrives, the socket enters TIME_WAIT, on both sides.",
    "It is rare and lasts one round trip.",
  ],
  causes: [
    "Two programs that close at the same moment, for example with the same idle timeout.",
    "If there are many: a peer that is gone.",
  ],
  helps: ["As for fin-wait-1: check the network toward that peer. The kernel gives up after tcp_orphan_retries."],
  avoid: [{ what: "tcp_fin_timeout", why: "it applies to FIN_WAIT2" }],
  sources: [SOURCES.states, SOURCES.closing, ipSysctl("tcp_orphan_retries")],
};
