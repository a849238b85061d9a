import { formatPlural, formatRate } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { type Situation, settingOf } from "../../facts/situation.ts";
import { SOURCES } from "../../facts/sources.ts";

/** Packets dropped before TCP saw them, because a CPU's input queue was full. */
export function backlogDrops(situation: Situation): Finding[] {
  if (!situation.filter.isEmpty) return [];
  const rise = situation.tables.kernel.backlogDrops();
  if (rise === null || rise.count === 0) return [];
  const { count, seconds } = rise;
  const most = settingOf(situation, null, "net.core.netdev_max_backlog");
  return [
    {
      id: "backlog-drops",
      severity: "warning",
      title:
        `${formatPlural(count, "packet")} dropped before reaching TCP${seconds > 0 ? `, ${formatRate(count / seconds)}/s` : ""}: ` +
        `a CPU's input queue was full${most === null ? "" : ` (netdev_max_backlog ${most})`}`,
      pid: null,
      comm: null,
      evidence: { dropped: count, seconds: Math.round(seconds), netdevMaxBacklog: most },
      advice: [
        "spread the load over CPUs: distribute the network card's interrupts, or use RPS",
        `allow longer bursts: sudo sysctl -w net.core.netdev_max_backlog=${Math.max(2000, (most ?? 1000) * 2)}`,
      ],
      avoid: [
        { what: "somaxconn, tcp_max_syn_backlog", why: "these are queues of TCP, which the packets did not reach" },
      ],
      sources: [SOURCES.core, "net/core/net-procfs.c: softnet_seq_show()"],
    },
  ];
}
