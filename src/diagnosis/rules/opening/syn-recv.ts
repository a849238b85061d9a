import { formatNumber, formatPlural } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { holderOf } from "../../facts/listener.ts";
import { peerTexts } from "../../facts/peers.ts";
import type { Queue } from "../../facts/queues.ts";
import { type Situation, inNamespace, settingOf, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import { formatEndpoint } from "../../../model/net/address.ts";

const AVOID: Finding["avoid"] = [
  {
    what: "tcp_max_syn_backlog alone",
    why: "a listener's queue is limited by its backlog, which somaxconn limits; with tcp_syncookies on, the kernel ignores this setting",
  },
  {
    what: "tcp_syncookies as a cure for legitimate load",
    why: "the kernel's documentation calls them a fallback and warns against that: cookies lose TCP options",
  },
];

/**
 * Half-open share of the backlog, and the least number. Above a half the kernel drops the oldest
 * (reqsk_timer_handler()).
 */
const MUCH = 0.4;
const LEAST = 6;
const DEFAULT_SOMAXCONN = 4096;
const DEFAULT_SYNACK_RETRIES = 5;

/**
 * Handshakes that clients do not finish: a SYN flood, or answers that do not reach them. Above the backlog the kernel
 * sends cookies, or drops SYNs.
 */
export function synRecv(situation: Situation): Finding[] {
  const queues = [...situation.scan.queues].filter(({ halfOpen }) => halfOpen >= LEAST);
  const loads = queues.map((queue) => loadOf(situation, queue)).toSorted((a, b) => b.share - a.share);
  const counted = new Set<number | null>();
  const findings: Finding[] = [];
  for (const { queue, most, share } of loads) {
    const { netns } = queue.listener;
    // The kernel counts overflows by namespace: they are charged to the fullest queue.
    const overflow = counted.has(netns) ? NO_OVERFLOW : overflowOf(situation, netns);
    counted.add(netns);
    const isMuch = share >= MUCH || overflow.cookies + overflow.dropped > 0;
    if (isMuch) findings.push(finding(situation, queue, overflow, most));
  }
  return findings.toSorted((a, b) => Number(b.evidence["halfOpen"]) - Number(a.evidence["halfOpen"]));
}

/** A queue, its limit of half-open handshakes, and how full it is. */
interface Load {
  readonly queue: Queue;
  readonly most: number;
  readonly share: number;
}

function loadOf(situation: Situation, queue: Queue): Load {
  const { netns, backlog } = queue.listener;
  const most = backlog ?? settingOf(situation, netns, "net.core.somaxconn") ?? DEFAULT_SOMAXCONN;
  return { queue, most, share: queue.halfOpen / Math.max(1, most) };
}

interface Overflow {
  readonly cookies: number;
  readonly dropped: number;
}

const NO_OVERFLOW: Overflow = { cookies: 0, dropped: 0 };

function overflowOf({ tables }: Situation, netns: number | null): Overflow {
  const rise = (name: "TCPReqQFullDoCookies" | "TCPReqQFullDrop"): number =>
    netns === null ? 0 : (tables.kernel.rise(netns, name)?.count ?? 0);
  return { cookies: rise("TCPReqQFullDoCookies"), dropped: rise("TCPReqQFullDrop") };
}

function finding(situation: Situation, queue: Queue, { cookies, dropped }: Overflow, most: number): Finding {
  const { listener, halfOpen } = queue;
  const process = holderOf(situation, listener);
  const endpoint = formatEndpoint(listener.localAddress, listener.localPort);
  const syncookies = settingOf(situation, listener.netns, "net.ipv4.tcp_syncookies");
  const retries = settingOf(situation, listener.netns, "net.ipv4.tcp_synack_retries") ?? DEFAULT_SYNACK_RETRIES;
  const peers = queue.halfOpenPeers.most();
  const past =
    dropped > 0
      ? `; ${formatPlural(dropped, "SYN")} dropped`
      : cookies > 0
        ? `; ${formatPlural(cookies, "SYN cookie")} sent`
        : "";
  return {
    id: "syn-recv",
    severity: dropped > 0 ? "critical" : "warning",
    title:
      `${formatPlural(halfOpen, "half-open handshake")} (SYN_RECV) on ${endpoint} of ${who(process)}` +
      `${inNamespace(situation, listener.netns)}, limit ${formatNumber(most)}${past}: the final ACK does not arrive`,
    pid: process?.pid ?? null,
    comm: process?.comm ?? null,
    evidence: {
      listener: endpoint,
      halfOpen,
      backlog: listener.backlog,
      from: peerTexts(peers),
      sources: queue.halfOpenPeers.size,
      cookies,
      dropped,
      tcpSyncookies: syncookies,
      tcpSynackRetries: retries,
      tcpMaxSynBacklog: settingOf(situation, listener.netns, "net.ipv4.tcp_max_syn_backlog"),
      netns: listener.netns,
    },
    advice: [
      ...(syncookies === 0
        ? ["make the kernel send cookies when the queue is full: sudo sysctl -w net.ipv4.tcp_syncookies=1"]
        : []),
      "check the sources of the SYNs: a flood has many or forged ones, a broken route has a few that are your clients",
      "if the clients are real, check the path back: asymmetric routes, a firewall that drops SYN-ACKs, a broken load balancer",
      "for legitimate load, use a longer queue: the backlog of listen(), with net.core.somaxconn and net.ipv4.tcp_max_syn_backlog",
    ],
    avoid: AVOID,
    sources: [
      SOURCES.requestCode,
      SOURCES.listen,
      ipSysctl("tcp_syncookies", "tcp_max_syn_backlog", "tcp_synack_retries", "somaxconn"),
    ],
  };
}
