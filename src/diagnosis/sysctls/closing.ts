import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";

const ONLY_CODE = "no sysctl ends CLOSE_WAIT: it waits for close() by the program, not for the network";
const DESCRIPTOR_STAYS =
  "at best a probe is answered by a reset and the socket goes away; its descriptor stays open and the leak goes on";

/** Settings of connections that are closing or whose peer is gone. */
export const CLOSING_KNOBS: readonly SysctlAdvice[] = [
  {
    name: "net.ipv4.tcp_fin_timeout",
    default: "60",
    does: "seconds that an orphan (closed by its process) stays in FIN_WAIT2 if the peer does not close; nothing else",
    helps: {
      "fin-wait-2": "for orphans, if memory or ports are short: they end sooner, but a slow peer gets a reset",
    },
    refusals: {
      "close-wait-leak": ONLY_CODE,
      "time-wait-harmless": "it does not shorten TIME_WAIT, which lasts 60s, fixed in the kernel (TCP_TIMEWAIT_LEN)",
      "ports-running-out": "it does not shorten TIME_WAIT, which lasts 60s, fixed in the kernel (TCP_TIMEWAIT_LEN)",
      "time-wait-buckets": "it does not shorten TIME_WAIT, which lasts 60s, fixed in the kernel (TCP_TIMEWAIT_LEN)",
      "server-closes-first": "it does not shorten TIME_WAIT, which lasts 60s, fixed in the kernel (TCP_TIMEWAIT_LEN)",
      "fin-wait-1": "the peer has not acknowledged our FIN; this setting applies after that",
      "last-ack": "the peer has not acknowledged our FIN; this setting applies after that",
    },
    myth: "A common error on the web: it has nothing to do with TIME_WAIT, though both are 60s.",
    sources: [ipSysctl("tcp_fin_timeout"), SOURCES.timeWaitCode],
  },
  {
    name: "net.ipv4.tcp_orphan_retries",
    default: "0",
    does: "how often the kernel retransmits an orphan's last segments before it gives up; 0 means 8",
    helps: {
      "fin-wait-1":
        "with a lower value (about 3) the kernel gives up on dead peers sooner, but a peer on a bad network gets a reset",
      "last-ack": "with a lower value (about 3) the kernel gives up on dead peers sooner",
      closing: "with a lower value (about 3) the kernel gives up on dead peers sooner",
    },
    refusals: {
      "close-wait-leak": ONLY_CODE,
      "fin-wait-2": "our FIN is already acknowledged: tcp_fin_timeout applies",
    },
    myth: "It applies only to sockets that no process holds any longer.",
    sources: [ipSysctl("tcp_orphan_retries", "tcp_retries2"), SOURCES.orphanCode],
  },
  {
    name: "net.ipv4.tcp_keepalive_time",
    default: "7200",
    does: "idle seconds before the first probe, on sockets with SO_KEEPALIVE but without their own TCP_KEEPIDLE",
    helps: { "keepalive-late": "with a lower value dead peers are detected sooner, on sockets with SO_KEEPALIVE" },
    refusals: {
      "close-wait-leak": DESCRIPTOR_STAYS,
      "fin-wait-2": "orphans have their own timer, tcp_fin_timeout",
      "syn-sent": "the connection is not established, so it cannot be kept alive",
    },
    myth: "It does nothing for sockets without SO_KEEPALIVE, which most programs do not set.",
    sources: [ipSysctl("tcp_keepalive_time"), SOURCES.keepalive],
  },
  {
    name: "net.ipv4.tcp_keepalive_probes",
    default: "9",
    does: "how many probes may go unanswered before the connection fails with ETIMEDOUT",
    helps: {
      "keepalive-late": "after the first probe, a dead peer is detected after this number of intervals",
    },
    refusals: { "close-wait-leak": DESCRIPTOR_STAYS },
    myth: "With 1, a single lost packet ends a healthy connection.",
    sources: [ipSysctl("tcp_keepalive_probes"), SOURCES.keepalive],
  },
  {
    name: "net.ipv4.tcp_keepalive_intvl",
    default: "75",
    does: "seconds between two probes: 9 of them take about 11 minutes",
    helps: { "keepalive-late": "after the first probe, each unanswered one takes this number of seconds" },
    refusals: { "close-wait-leak": DESCRIPTOR_STAYS },
    myth: "It is not the time before the first probe; that is tcp_keepalive_time.",
    sources: [ipSysctl("tcp_keepalive_intvl"), SOURCES.keepalive],
  },
];
