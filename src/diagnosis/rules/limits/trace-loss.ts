import { formatDuration, formatPlural } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import type { Situation } from "../../facts/situation.ts";
import { SOURCES } from "../../facts/sources.ts";

const MUCH = 0.01;

/** What tcptrace itself has not seen: how far the other findings can be trusted. */
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
    ...(lost > 0 ? [`${lost} of ${lost + transitions} transitions were lost`] : []),
    ...(gap > 0 ? [`nothing was traced for ${formatDuration(gap / 1e6)}`] : []),
    ...(unkept > 0 ? [`${formatPlural(unkept, "row")} not kept, since a table was full`] : []),
  ];
  return [
    {
      id: "trace-loss",
      severity: lost > (lost + transitions) * MUCH ? "warning" : "info",
      title: `tcptrace has not seen all: ${parts.join("; ")}; counts and rates of processes may be too low, no process is named wrongly`,
      pid: null,
      comm: null,
      evidence: { lost, transitions, dropped, gapMs: Math.round(gap / 1e6), notKept: unkept },
      advice: [
        "the next survey of /proc repairs states and owners; run it again where a number matters",
        "on a machine that is out of CPU: bpftrace has to empty its buffers; sudo tcptrace doctor tells more",
      ],
      avoid: [],
      sources: [SOURCES.self],
    },
  ];
}
