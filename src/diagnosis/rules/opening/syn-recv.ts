import { formatPlural } from "../../../base/quantity.ts";
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
    why: "the queue of a listener ends at its backlog, which somaxconn bounds; with tcp_syncookies on the kernel does not look at this one",
  },
  {
    what: "tcp_syncookies as a cure for legal load",
    why: "the kernel's documentation calls it a fallback that must not be used for that: cookies lose TCP options",
  },
];

/** Of the backlog, half-open, and as many at least. Past a half the kernel forgets the oldest (reqsk_timer_handler()). */
const MUCH = 0.4;
const LEAST = 6;
const DEFAULT_SOMAXCONN = 4096;
const DEFAULT_SYNACK_RETRIES = 5;

/**
 * Handshakes that clients have begun and not ended: a SYN flood, or answers that do not reach them. Past the backlog the
 * kernel sends cookies, or drops.
 */
export function synRecv(situation: Situation): Finding[] {
  const queues = [...situation.census.queues].filter(({ halfOpen }) => halfOpen >= LEAST);
  const loads = queues.map((queue) => loadOf(situation, queue)).toSorted((a, b) => b.share - a.share);
  const told = new Set<number | null>();
  const findings: Finding[] = [];
  for (const { queue, most, share } of loads) {
    const { netns } = queue.listener;
    // The kernel counts what overflows by namespace: it is the fullest queue's.
    const overflow = told.has(netns) ? NO_OVERFLOW : overflowOf(situation, netns);
    told.add(netns);
    const isMuch = share >= MUCH || overflow.cookies + overflow.dropped > 0;
    if (isMuch) findings.push(finding(situation, queue, overflow, most));
  }
  return findings.toSorted((a, b) => Number(b.evidence["halfOpen"]) - Number(a.evidence["halfOpen"]));
}

/** A queue, how many half-open handshakes fit into it, and how full it is with them. */
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
      `${formatPlural(halfOpen, "handshake")} half-open (SYN_RECV) on ${endpoint} of ${who(process)}` +
      `${inNamespace(situation, listener.netns)}, where ${most} fit${past}: the last ACK does not come`,
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
        ? ["let the kernel answer with cookies where the queue is full: sudo sysctl -w net.ipv4.tcp_syncookies=1"]
        : []),
      "look at whence the SYNs come: a flood has many or forged sources, a broken route a few that are your clients",
      "where clients are real, look for the way back: asymmetric routes, a firewall that drops SYN-ACKs, a dead load balancer's check",
      "for legal load give the queue more room: the backlog of listen(), with net.core.somaxconn and net.ipv4.tcp_max_syn_backlog",
    ],
    avoid: AVOID,
    sources: [
      SOURCES.requestCode,
      SOURCES.listen,
      ipSysctl("tcp_syncookies", "tcp_max_syn_backlog", "tcp_synack_retries", "somaxconn"),
    ],
  };
}
