import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";

const NOT_ACCEPTED = "the handshakes are done; the program does not accept";

/** Settings of handshakes, and of the queues before accept(). */
export const OPENING_KNOBS: readonly SysctlAdvice[] = [
  {
    name: "net.ipv4.tcp_syn_retries",
    default: "6",
    does: "how often connect() sends its SYN again before it fails: 6 means some 131 s (127 s before Linux 6.5)",
    helps: {},
    refusals: {
      "syn-sent": "the peer does not answer, however often it is asked; give the program a timeout for connect()",
    },
    myth: "It is no timeout for slow servers: lower, it lets every connect() of the machine fail sooner, on lossy networks too.",
    sources: [ipSysctl("tcp_syn_retries", "tcp_syn_linear_timeouts"), SOURCES.connect],
  },
  {
    name: "net.ipv4.tcp_synack_retries",
    default: "5",
    does: "how often a listener sends its SYN-ACK again before it forgets a half-open handshake: 5 means some 63 s",
    helps: {
      "syn-recv": "lower (2 or 3), it frees half-open handshakes sooner, at the cost of clients on lossy networks",
    },
    refusals: { "listen-overflow": NOT_ACCEPTED, "accept-queue-stalled": NOT_ACCEPTED },
    myth: "It does nothing for connections that are established.",
    sources: [ipSysctl("tcp_synack_retries")],
  },
  {
    name: "net.ipv4.tcp_max_syn_backlog",
    default: "by memory, 128 at least",
    does: "how many half-open handshakes a listener remembers where tcp_syncookies is 0; with cookies the listener's backlog decides",
    helps: { "syn-recv": "together with a larger backlog of listen() and somaxconn, for honest load" },
    refusals: { "listen-overflow": NOT_ACCEPTED, "accept-queue-stalled": NOT_ACCEPTED },
    myth: "Alone it changes little: a listener's queue ends at its own backlog, which somaxconn bounds.",
    sources: [ipSysctl("tcp_max_syn_backlog"), SOURCES.requestCode, SOURCES.listen],
  },
  {
    name: "net.core.somaxconn",
    default: "4096",
    does: "the most that a program gets as the backlog of listen(): connections that wait for accept() (128 before Linux 5.4)",
    helps: {
      "listen-overflow": "for short bursts, if the program asks for as much in listen(); it must be restarted",
      "syn-recv": "it bounds the queue of half-open handshakes, too",
    },
    refusals: { "accept-queue-stalled": "a program that does not accept fills a longer queue as well" },
    myth: "It does nothing for a program that asks for less in listen(), and nothing before its next listen().",
    sources: [SOURCES.listen, ipSysctl("somaxconn")],
  },
  {
    name: "net.ipv4.tcp_syncookies",
    default: "1",
    does: "1: where a listener's queue of half-open handshakes is full, answer SYNs without remembering them; 2: always (for tests)",
    helps: { "syn-recv": "where it is 0: with 1 clients get in during a flood" },
    refusals: { "listen-overflow": "cookies save handshakes, and the queue that is full is that of accept()" },
    myth: "It is a fallback against floods, and must not carry legal load: cookies lose TCP options. Off, a flood locks clients out.",
    sources: [ipSysctl("tcp_syncookies"), SOURCES.requestCode],
  },
  {
    name: "net.ipv4.tcp_abort_on_overflow",
    default: "0",
    does: "1: a client whose connection finds the accept queue full gets a reset, and not silence and another try",
    helps: {},
    refusals: {
      "listen-overflow": "it turns a delay into an error; only where the program surely cannot accept faster",
      "accept-queue-stalled": "it turns a delay into an error; only where the program surely cannot accept faster",
    },
    myth: "It makes no room in a queue.",
    sources: [ipSysctl("tcp_abort_on_overflow"), SOURCES.acceptCode],
  },
  {
    name: "net.core.netdev_max_backlog",
    aliases: ["backlog-drops"],
    default: "1000",
    does: "how many packets may wait for a CPU before TCP or anything else has seen them",
    helps: { "backlog-drops": "it takes longer bursts; /proc/net/softnet_stat counts what is dropped (second column)" },
    refusals: {
      "listen-overflow": "the packets have arrived; TCP dropped them",
      "accept-queue-stalled": "the packets have arrived; the program does not accept",
      "syn-recv": "the SYNs have arrived",
    },
    myth: "It is no queue of connections. Where softnet_stat shows no drops, raising it changes nothing.",
    sources: [SOURCES.core],
  },
];
