import { formatNumber } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { isShort } from "../../facts/pressed.ts";
import { type Situation, inNamespace } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";

/** Fewer need no explanation. */
const LEAST = 1000;
const MUCH = 0.9;

/** Many sockets in TIME_WAIT while neither ports nor buckets run out: nothing to do. */
export function timeWaitHarmless(situation: Situation): Finding[] {
  const { tables, filter, pressed } = situation;
  if (!filter.isEmpty) return [];
  const findings: Finding[] = [];
  for (const { netns, timeWait } of tables.kernel.namespaces) {
    const limit = tables.kernel.settings.get(netns)?.timeWaitLimit ?? null;
    const refused = tables.kernel.rise(netns, "TCPTimeWaitOverflow")?.count ?? 0;
    const isFull = limit !== null && timeWait >= limit * MUCH;
    const runsOut = pressed.some((one) => (one.netns ?? netns) === netns && isShort(one));
    if (timeWait < LEAST || isFull || refused > 0 || runsOut) continue;
    findings.push(finding(situation, { netns, timeWait, limit, busiest: busiestIn(situation, netns) }));
  }
  return findings.toSorted((a, b) => Number(b.evidence["timeWait"]) - Number(a.evidence["timeWait"]));
}

interface Count {
  readonly netns: number;
  readonly timeWait: number;
  readonly limit: number | null;
  /** Ports in use toward the busiest destination. */
  readonly busiest: number;
}

function busiestIn({ tables }: Situation, netns: number): number {
  let most = 0;
  for (const { side, netns: own, live, timeWaits } of tables.timeWaits.destinations) {
    if (side === "client" && (own ?? netns) === netns) most = Math.max(most, live + timeWaits);
  }
  return most;
}

function finding(situation: Situation, { netns, timeWait, limit, busiest }: Count): Finding {
  const settings = situation.tables.kernel.settings.get(netns);
  const ports = settings === undefined ? null : settings.lastPort - settings.firstPort + 1 - settings.reservedPorts;
  const room =
    ports === null ? "" : `, the busiest destination uses ${formatNumber(busiest)} of ${formatNumber(ports)} ports`;
  return {
    id: "time-wait-harmless",
    severity: "info",
    title:
      `${formatNumber(timeWait)} sockets in TIME_WAIT${inNamespace(situation, netns)} are harmless: ` +
      `${limit === null ? "no limit known" : `limit ${formatNumber(limit)}`}${room}; each ends by itself after 60s`,
    pid: null,
    comm: null,
    evidence: { timeWait, limit, busiestDestination: busiest, ports, netns },
    advice: ["leave them alone: each costs a few hundred bytes, no descriptor and no memory of a process"],
    avoid: [
      { what: "tcp_tw_recycle", why: "it broke clients behind NAT; Linux 4.12 removed it" },
      { what: "a lower tcp_fin_timeout", why: "it does not shorten TIME_WAIT, which lasts 60s, fixed in the kernel" },
      { what: "tcp_tw_reuse=1", why: "nothing is running out, so it would change nothing" },
    ],
    sources: [
      SOURCES.timeWaitCode,
      SOURCES.timeWait,
      ipSysctl("tcp_max_tw_buckets", "tcp_tw_reuse", "tcp_fin_timeout"),
    ],
  };
}
