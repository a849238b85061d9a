import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";

const NOT_ACCEPTED = "the handshakes are done; the program does not accept";

/** Settings of handshakes, and of the queues before accept(). */
export const OPENING_KNOBS: readonly SysctlAdvice[] = [
  {
    name: "net.ipv4.tcp_syn_retries",
    default: "6",
    does: "how often connect() retransmits its SYN before it fails: 6 means about 131s (127s before Linux 6.5)",
    helps: {},
    refusals: {
      "syn-sent": "the peer does not answer however often the SYN is sent; give the program a connect() timeout",
    },
    myth: "It is not a timeout for slow servers: a lower value makes every connect() on the machine fail sooner, even on lossy networks.",
    sources: [ipSysctl("tcp_syn_retries", "tcp_syn_linear_timeouts"), SOURCES.connect],
  },
  {
    name: "net.ipv4.tcp_synack_retries",
    default: "5",
    does: "how often a listener retransmits its SYN-ACK before it drops a half-open handshake: 5 means about 63s",
    helps: {
      "syn-recv": "a lower value (2 or 3) frees half-open handshakes sooner, at the cost of clients on lossy networks",
    },
    refusals: { "listen-overflow": NOT_ACCEPTED, "accept-queue-stalled": NOT_ACCEPTED },
    myth: "It does nothing for established connections.",
    sources: [ipSysctl("tcp_synack_retries")],
  },
  {
    name: "net.ipv4.tcp_max_syn_backlog",
    default: "by memory, at least 128",
    does: "how many half-open handshakes a listener keeps if tcp_syncookies is 0; with cookies, the listener's backlog decides",
    helps: { "syn-recv": "for legitimate load, together with somaxconn and a larger backlog of listen()" },
    refusals: { "listen-overflow": NOT_ACCEPTED, "accept-queue-stalled": NOT_ACCEPTED },
    myth: "Alone it changes little: a listener's queue is limited by its own backlog, which somaxconn limits.",
    sources: [ipSysctl("tcp_max_syn_backlog"), SOURCES.requestCode, SOURCES.listen],
  },
  {
    name: "net.core.somaxconn",
    default: "4096",
    does: "the largest backlog of listen(), the connections that wait for accept() (128 before Linux 5.4)",
    helps: {
      "listen-overflow": "for short bursts, if the program asks for that backlog in listen(); it must be restarted",
      "syn-recv": "it also limits the queue of half-open handshakes",
    },
    refusals: { "accept-queue-stalled": "a program that does not accept fills a longer queue too" },
    myth: "It does nothing for a program that asks for less in listen(), and nothing until its next listen().",
    sources: [SOURCES.listen, ipSysctl("somaxconn")],
  },
  {
    name: "net.ipv4.tcp_syncookies",
    default: "1",
    does: "1: if a listener's queue of half-open handshakes is full, answer SYNs without keeping state; 2: always (for tests)",
    helps: { "syn-recv": "if it is 0: with 1, clients can connect during a flood" },
    refusals: { "listen-overflow": "cookies help with half-open handshakes; the full queue is that of accept()" },
    myth: "It is a fallback against floods, not a way to serve legitimate load: cookies lose TCP options. With 0, a flood locks clients out.",
    sources: [ipSysctl("tcp_syncookies"), SOURCES.requestCode],
  },
  {
    name: "net.ipv4.tcp_abort_on_overflow",
    default: "0",
    does: "1: if the accept queue is full, the client gets a reset instead of silence and another attempt",
    helps: {},
    refusals: {
      "listen-overflow": "it turns a delay into an error; use it only if the program cannot accept faster",
      "accept-queue-stalled": "it turns a delay into an error; use it only if the program cannot accept faster",
    },
    myth: "It does not make room in the queue.",
    sources: [ipSysctl("tcp_abort_on_overflow"), SOURCES.acceptCode],
  },
  {
    name: "net.core.netdev_max_backlog",
    aliases: ["backlog-drops"],
    default: "1000",
    does: "how many packets may wait for a CPU before the network stack processes them",
    helps: { "backlog-drops": "it allows longer bursts; /proc/net/softnet_stat counts drops (second column)" },
    refusals: {
      "listen-overflow": "the packets have arrived; TCP dropped them",
      "accept-queue-stalled": "the packets have arrived; the program does not accept",
      "syn-recv": "the SYNs have arrived",
    },
    myth: "It is not a queue of connections. If softnet_stat shows no drops, raising it changes nothing.",
    sources: [SOURCES.core],
  },
];
