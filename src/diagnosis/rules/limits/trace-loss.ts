import { formatDuration, formatNumber, formatPlural } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import type { Situation } from "../../facts/situation.ts";
import { SOURCES } from "../../facts/sources.ts";

const MUCH = 0.01;

/** Events that tcptrace missed, which limits how far the other findings can be trusted. */
export function traceLoss({ tables }: Situation): Finding[] {
  const { lost, transitions, dropped } = tables.counts;
  const { gap } = tables.source;
  const unkept =
    tables.sockets.dropped +
    tables.processes.dropped +
    tables.timeWaits.table.dropped +
    tables.timeWaits.destinations.dropped;
  if (lost === 0 && gap === 0 && unkept === 0) return [];
  const parts = [
    ...(lost > 0 ? [`${formatNumber(lost)} of ${formatPlural(lost + transitions, "transition")} lost`] : []),
    ...(gap > 0 ? [`nothing was traced for ${formatDuration(gap / 1e6)}`] : []),
    ...(unkept > 0 ? [`${formatPlural(unkept, "row")} not kept: table full`] : []),
  ];
  return [
    {
      id: "trace-loss",
      severity: lost > (lost + transitions) * MUCH ? "warning" : "info",
      title: `tcptrace missed events: ${parts.join("; ")}; counts and rates of processes may be too low, but no process is named wrongly`,
      pid: null,
      comm: null,
      evidence: { lost, transitions, dropped, gapMs: Math.round(gap / 1e6), notKept: unkept },
      advice: [
        "the next survey of /proc corrects states and owners; run it again for exact numbers",
        "bpftrace needs CPU time to empty its buffers: reduce the load; for details: sudo tcptrace doctor",
      ],
      avoid: [],
      sources: [SOURCES.self],
    },
  ];
}
