import { formatDuration, formatPlural } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { peerTexts, towardText } from "../../facts/peers.ts";
import { type Situation, inNamespace, processAt, settingOf, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import type { Group } from "../../facts/unanswered.ts";
import { TCP } from "../../../model/net/tcp-state.ts";

const LEAST = 3;
const MANY = 50;

/** connect() without an answer: the peer is down, or something on the path drops the SYNs. */
export function synSent(situation: Situation): Finding[] {
  const groups = situation.scan.unanswered.in(TCP.SYN_SENT).filter(({ count }) => count >= LEAST);
  return groups.map((group) => finding(situation, group));
}

function finding(situation: Situation, { pid, netns, peers, count, oldest, oldestIsExact }: Group): Finding {
  const process = processAt(situation, pid);
  const most = peers.most();
  const [peer] = most;
  const ageMs = (situation.now - oldest) / 1e6;
  const retries = settingOf(situation, netns, "net.ipv4.tcp_syn_retries");
  const resent = netns === null ? null : (situation.tables.kernel.rise(netns, "TCPSynRetrans")?.count ?? null);
  const endpoint = peer?.endpoint ?? "the peer";
  return {
    id: "syn-sent",
    severity: count >= MANY ? "critical" : "warning",
    title:
      `${who(process)} gets no answer: ${formatPlural(count, "connection")} stuck in SYN_SENT${towardText(most, count)}` +
      `${inNamespace(situation, netns)}, the oldest for ${oldestIsExact ? "" : "at least "}${formatDuration(ageMs)}`,
    pid,
    comm: process?.comm ?? null,
    evidence: {
      synSent: count,
      destinations: peerTexts(most),
      oldestMs: Math.round(ageMs),
      synsResent: resent,
      tcpSynRetries: retries,
      netns,
    },
    advice: [
      `check the path to ${endpoint}: is the machine up, and does a firewall, a security group or a full accept queue there ` +
        `drop the SYNs (a closed port would answer with a reset)? sudo tcpdump -ni any 'tcp[tcpflags] & tcp-syn != 0'`,
      ...(most.length > LEAST
        ? ["many peers are affected: check this machine's own route, NAT and firewall first"]
        : []),
      `give ${process?.comm ?? "the program"} its own connect() timeout of a few seconds, and another address to try`,
    ],
    avoid: [
      {
        what: "tcp_syn_retries as a cure",
        why:
          `no value makes the peer answer; a lower one${retries === null ? "" : ` than ${retries}`} makes every program on the ` +
          "machine give up sooner, even if the network is only slow",
      },
    ],
    sources: [ipSysctl("tcp_syn_retries", "tcp_syn_linear_timeouts"), SOURCES.connect],
  };
}
