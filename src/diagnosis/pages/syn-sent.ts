import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const SYN_SENT: Page = {
  topic: "syn-sent",
  aliases: [],
  title: "connect() has sent a SYN and has no answer yet",
  what: [
    "An open port answers with SYN-ACK, a closed one with a reset; silence means that the machine is down or that something drops " +
      "the SYN.",
    "The kernel retransmits it tcp_syn_retries times, first every second, then at doubling intervals; then connect() fails with " +
      "ETIMEDOUT.",
  ],
  causes: [
    "The machine is down, or the address is wrong.",
    "A firewall or a security group that drops instead of rejecting.",
    "A listener whose accept queue is full: its kernel drops the SYN.",
  ],
  helps: [
    "Check the path: ip route get ADDRESS, ping, tcpdump on both sides.",
    "A connect() timeout of a few seconds in the program, and another address to try.",
    "TcpExt TCPSynRetrans (nstat -az TcpExtTCPSynRetrans) counts retransmitted SYNs.",
  ],
  avoid: [
    {
      what: "tcp_syn_retries",
      why: "no value makes the peer answer; a lower one also fails if the network is only slow",
    },
  ],
  sources: [SOURCES.states, SOURCES.connect, ipSysctl("tcp_syn_retries", "tcp_syn_linear_timeouts")],
};
