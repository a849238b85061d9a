import { formatNumber, formatPlural } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { percentText } from "../../facts/percent.ts";
import { type Situation, inNamespace } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";

const NEARLY_ALL = 0.9;

/** Mini-sockets near tcp_max_tw_buckets: above it the kernel ends connections without TIME_WAIT. */
export function timeWaitBuckets(situation: Situation): Finding[] {
  const { tables, filter } = situation;
  if (!filter.isEmpty) return [];
  const findings: Finding[] = [];
  for (const { netns, timeWait } of tables.kernel.namespaces) {
    const limit = tables.kernel.settings.get(netns)?.timeWaitLimit ?? null;
    const refused = tables.kernel.rise(netns, "TCPTimeWaitOverflow")?.count ?? 0;
    const isNear = limit !== null && limit > 0 && timeWait >= limit * NEARLY_ALL;
    if (refused > 0 || isNear) findings.push(finding(situation, { netns, timeWait, limit, refused }));
  }
  return findings;
}

interface Bucket {
  readonly netns: number;
  readonly timeWait: number;
  readonly limit: number | null;
  readonly refused: number;
}

function finding(situation: Situation, { netns, timeWait, limit, refused }: Bucket): Finding {
  const where = inNamespace(situation, netns);
  const full = limit === null ? formatNumber(timeWait) : `${formatNumber(timeWait)} of ${formatNumber(limit)}`;
  return {
    id: "time-wait-buckets",
    severity: "warning",
    title:
      refused > 0
        ? `${formatPlural(refused, "connection")} ended without TIME_WAIT${where}: tcp_max_tw_buckets was reached, now ${full}`
        : `${full} sockets in TIME_WAIT or FIN_WAIT2${where}, ${percentText(timeWait, limit ?? 0)} of tcp_max_tw_buckets`,
    pid: null,
    comm: null,
    evidence: { timeWait, limit, refused, netns },
    advice: [
      "find the cause: sudo tcptrace churn; the fix is fewer connections (pool, keep-alive)",
      `if memory allows: sudo sysctl -w net.ipv4.tcp_max_tw_buckets=${Math.max(262_144, (limit ?? 0) * 2)}`,
    ],
    avoid: [
      {
        what: "a lower tcp_max_tw_buckets, to have fewer in TIME_WAIT",
        why: "the documentation forbids it: without TIME_WAIT, old segments may enter new connections",
      },
      { what: "a lower tcp_fin_timeout", why: "TIME_WAIT lasts 60s, whatever its value" },
    ],
    sources: [ipSysctl("tcp_max_tw_buckets"), SOURCES.timeWaitCode, SOURCES.timeWait],
  };
}
