import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const SYN_SENT: Page = {
  topic: "syn-sent",
  aliases: [],
  title: "connect() has sent its SYN, and there is no answer",
  what: [
    "The first segment is on its way. An open port answers with SYN-ACK, a closed one with a reset; silence means that nobody is " +
      "there or that something drops it.",
    "The kernel sends it again, after a second, some times so, then at doubled intervals, tcp_syn_retries times; then connect() " +
      "fails with ETIMEDOUT.",
  ],
  causes: [
    "The machine is down, or the address is wrong.",
    "A firewall or a security group that drops in place of rejecting.",
    "A listener whose accept queue is full: its kernel drops the SYN.",
  ],
  helps: [
    "Look at the way: ip route get ADDRESS, ping, tcpdump on both sides.",
    "A timeout for connect() in the program, of a few seconds, and another address to try.",
    "TcpExt TCPSynRetrans (nstat -az TcpExtTCPSynRetrans) counts what was sent again.",
  ],
  avoid: [
    { what: "tcp_syn_retries", why: "no value brings an answer; lower, it also fails where the network is only slow" },
  ],
  sources: [SOURCES.states, SOURCES.connect, ipSysctl("tcp_syn_retries", "tcp_syn_linear_timeouts")],
};
