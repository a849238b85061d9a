import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";

const ONLY_CODE = "no sysctl closes CLOSE_WAIT: it waits for the program's close(), not for the network";
const DESCRIPTOR_STAYS =
  "at most the peer's reset to a probe takes the socket away; the descriptor stays open, and the leak goes on";

/** Settings of connections that end, or whose peer has gone. */
export const CLOSING_KNOBS: readonly SysctlAdvice[] = [
  {
    name: "net.ipv4.tcp_fin_timeout",
    default: "60",
    does: "seconds that an orphan (closed by its process) stays in FIN_WAIT2 when the peer does not close; nothing else",
    helps: {
      "fin-wait-2": "for orphans, where memory or ports are short: they end sooner, and a slow peer gets a reset",
    },
    refusals: {
      "close-wait-leak": ONLY_CODE,
      "time-wait-harmless": "it does not shorten TIME_WAIT, which is 60 s, fixed in the kernel (TCP_TIMEWAIT_LEN)",
      "ports-running-out": "it does not shorten TIME_WAIT, which is 60 s, fixed in the kernel (TCP_TIMEWAIT_LEN)",
      "time-wait-buckets": "it does not shorten TIME_WAIT, which is 60 s, fixed in the kernel (TCP_TIMEWAIT_LEN)",
      "server-closes-first": "it does not shorten TIME_WAIT, which is 60 s, fixed in the kernel (TCP_TIMEWAIT_LEN)",
      "fin-wait-1": "the peer has not acknowledged our FIN; this is about the state after that",
      "last-ack": "the peer has not acknowledged our FIN; this is about the state after that",
    },
    myth: "The most common error on the web: it has nothing to do with TIME_WAIT, though both are 60 s.",
    sources: [ipSysctl("tcp_fin_timeout"), SOURCES.timeWaitCode],
  },
  {
    name: "net.ipv4.tcp_orphan_retries",
    default: "0",
    does: "how often an orphan's last segments are sent again before the kernel gives up; 0 means 8",
    helps: {
      "fin-wait-1": "lower (3 or so), the kernel forgets dead peers sooner; a peer on a bad line then gets a reset",
      "last-ack": "lower (3 or so), the kernel forgets dead peers sooner",
      closing: "lower (3 or so), the kernel forgets dead peers sooner",
    },
    refusals: { "close-wait-leak": ONLY_CODE, "fin-wait-2": "there our FIN is acknowledged: tcp_fin_timeout counts" },
    myth: "It is about sockets that no process has any more, and about no other.",
    sources: [ipSysctl("tcp_orphan_retries", "tcp_retries2"), SOURCES.orphanCode],
  },
  {
    name: "net.ipv4.tcp_keepalive_time",
    default: "7200",
    does: "seconds of silence before the first probe, on sockets with SO_KEEPALIVE and without a TCP_KEEPIDLE of their own",
    helps: { "keepalive-late": "lower, dead peers are found sooner, on those sockets that have SO_KEEPALIVE" },
    refusals: {
      "close-wait-leak": DESCRIPTOR_STAYS,
      "fin-wait-2": "orphans have a timer of their own, tcp_fin_timeout",
      "syn-sent": "nothing is established that could be kept alive",
    },
    myth: "It does nothing for sockets without SO_KEEPALIVE, and most programs do not set it.",
    sources: [ipSysctl("tcp_keepalive_time"), SOURCES.keepalive],
  },
  {
    name: "net.ipv4.tcp_keepalive_probes",
    default: "9",
    does: "how many probes may stay unanswered before the connection is given up with ETIMEDOUT",
    helps: {
      "keepalive-late": "after the first probe, it takes this many intervals until a dead peer is known as such",
    },
    refusals: { "close-wait-leak": DESCRIPTOR_STAYS },
    myth: "With 1 a single lost packet ends a connection that was well.",
    sources: [ipSysctl("tcp_keepalive_probes"), SOURCES.keepalive],
  },
  {
    name: "net.ipv4.tcp_keepalive_intvl",
    default: "75",
    does: "seconds between two probes: 9 of them take some 11 minutes",
    helps: { "keepalive-late": "after the first probe, it takes this many seconds for each unanswered one" },
    refusals: { "close-wait-leak": DESCRIPTOR_STAYS },
    myth: "It is not the time before the first probe; that is tcp_keepalive_time.",
    sources: [ipSysctl("tcp_keepalive_intvl"), SOURCES.keepalive],
  },
];
