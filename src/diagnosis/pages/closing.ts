import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const CLOSING: Page = {
  topic: "closing",
  aliases: [],
  title: "both have closed at the same time; the ACK of our FIN is missing",
  what: [
    "Our FIN and the peer's have crossed on the way. When the ACK of ours comes the socket goes to TIME_WAIT, on both sides.",
    "It is rare, and lasts as long as a round trip.",
  ],
  causes: [
    "Two programs that close at the same moment, as when both have the same idle timeout.",
    "Many of them: a peer that is gone.",
  ],
  helps: ["As for fin-wait-1: look at the network toward that peer. The kernel gives up after tcp_orphan_retries."],
  avoid: [{ what: "tcp_fin_timeout", why: "it is FIN_WAIT2's" }],
  sources: [SOURCES.states, SOURCES.closing, ipSysctl("tcp_orphan_retries")],
};
