import { formatDuration, formatNumber, formatPlural } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { peerTexts, towardText } from "../../facts/peers.ts";
import { type Situation, inNamespace, processAt, settingOf, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import type { Group } from "../../facts/unanswered.ts";
import { TCP, stateName } from "../../../model/net/tcp-state.ts";

const LEAST = 10;
const NEARLY_ALL = 0.8;
/** The least time for which the kernel retransmits a FIN (tcp_orphan_retries: 8 times). */
const GIVES_UP_SECONDS = 100;
/** Share of a server's closed connections whose peers have vanished. */
const USUAL_SHARE = 0.05;

/** Sockets whose FIN the peer does not acknowledge: it is gone, or its window is closed. */
export function unansweredClose(situation: Situation): Finding[] {
  const groups = situation.scan.unanswered.in(TCP.FIN_WAIT1, TCP.LAST_ACK, TCP.CLOSING);
  const many = groups.filter((group) => group.count >= LEAST && !isUsual(situation, group));
  return many.map((group) => finding(situation, group));
}

/** A busy server always has some vanished peers; it is a finding only if there are many or most have the same peer. */
function isUsual(situation: Situation, { pid, peers, count }: Group): boolean {
  const closed = processAt(situation, pid)?.closed.perSecond(situation.now) ?? 0;
  const [first] = peers.most();
  return count < closed * GIVES_UP_SECONDS * USUAL_SHARE && (first?.count ?? 0) * 2 < count;
}

function finding(situation: Situation, group: Group): Finding {
  const { pid, netns, peers, count, oldest, oldestIsExact, state } = group;
  const process = processAt(situation, pid);
  const most = peers.most();
  const endpoint = most[0]?.endpoint ?? "the peer";
  const ageMs = (situation.now - oldest) / 1e6;
  const orphans = situation.tables.kernel.host?.orphans ?? null;
  const limit = settingOf(situation, null, "net.ipv4.tcp_max_orphans");
  const isFull = orphans !== null && limit !== null && orphans >= limit * NEARLY_ALL;
  const retries = settingOf(situation, netns, "net.ipv4.tcp_orphan_retries");
  return {
    id: state === TCP.LAST_ACK ? "last-ack" : state === TCP.CLOSING ? "closing" : "fin-wait-1",
    severity: isFull ? "critical" : "warning",
    title:
      `${formatPlural(count, "connection")} closed by ${who(process)} are in ${stateName(state)} without an answer` +
      `${towardText(most, count, "from")}${inNamespace(situation, netns)}, the oldest for ${oldestIsExact ? "" : "at least "}${formatDuration(ageMs)}` +
      (isFull ? `; this machine has ${formatNumber(orphans)} orphans, limit ${formatNumber(limit)}` : ""),
    pid,
    comm: process?.comm ?? null,
    evidence: {
      state: stateName(state),
      count,
      peers: peerTexts(most),
      oldestMs: Math.round(ageMs),
      tcpOrphanRetries: retries,
      orphans,
      tcpMaxOrphans: limit,
      netns,
    },
    advice: [
      `check the path to ${endpoint}: is it up, does a firewall drop our segments (ip route get, ping, tcpdump)?`,
      "if it is up, it may not be reading: unsent data in Send-Q (ss -tn) delays our FIN until it does",
      "the kernel gives up by itself after tcp_orphan_retries (0 means 8: a few minutes)",
    ],
    avoid: [
      {
        what: "tcp_fin_timeout",
        why: "it applies to FIN_WAIT2, where the peer has acknowledged our FIN; here it has not",
      },
      {
        what: "a lower tcp_max_orphans",
        why: "above it the kernel resets orphans at once; the documentation says to raise it, not to lower it",
      },
    ],
    sources: [ipSysctl("tcp_orphan_retries", "tcp_max_orphans"), SOURCES.orphanCode, SOURCES.closing],
  };
}
