import { formatDuration, formatNumber } from "../../../base/quantity.ts";
import { type Descriptors, descriptorsOf } from "../../facts/descriptors.ts";
import type { Finding } from "../../facts/finding.ts";
import { type Situation, settingOf, who } from "../../facts/situation.ts";
import { SOURCES } from "../../facts/sources.ts";
import type { Process } from "../../../model/processes/process.ts";

const MUCH = 0.8;
const NEARLY_ALL = 0.95;
/** With fewer open, a burst of a few seconds could look like a leak. */
const HALF = 0.5;
const SOON_MS = 600_000;
const FAR_MS = 3_600_000;

/**
 * Processes running out of descriptors: open(), accept() and socket() will fail with EMFILE. Leaks are a finding of
 * their own.
 */
export function descriptorsRunningOut(situation: Situation): Finding[] {
  const findings: { readonly finding: Finding; readonly share: number }[] = [];
  for (const process of situation.tables.processes) {
    if ((situation.scan.leaks.get(process.pid)?.stuck ?? 0) > 0) continue;
    if (situation.scan.chosen?.has(process.pid) === false) continue;
    const descriptors = descriptorsOf(process, situation.now);
    const { share, exhaustedInMs } = descriptors;
    if (share === null || share < HALF) continue;
    if (share < MUCH && (exhaustedInMs === null || exhaustedInMs > FAR_MS)) continue;
    findings.push({ finding: finding(situation, process, descriptors), share });
  }
  return findings.toSorted((a, b) => b.share - a.share).map((one) => one.finding);
}

function finding(situation: Situation, process: Process, descriptors: Descriptors): Finding {
  const { used, limit, share, exhaustedInMs } = descriptors;
  const isOut = used !== null && limit !== null && used >= limit;
  const isSoon = (share ?? 0) >= NEARLY_ALL || (exhaustedInMs !== null && exhaustedInMs < SOON_MS);
  const end = exhaustedInMs === null || isOut ? "" : `, and will run out in ${formatDuration(exhaustedInMs)}`;
  const grows = (process.descriptors.perSecond() ?? 0) > 0;
  return {
    id: "descriptors-running-out",
    severity: isSoon ? "critical" : "warning",
    title: isOut
      ? `${who(process)} is using all ${formatNumber(limit)} descriptors: open(), accept() and socket() fail with EMFILE`
      : `${who(process)} is using ${formatNumber(used ?? 0)} of ${formatNumber(limit ?? 0)} descriptors${end}`,
    pid: process.pid,
    comm: process.comm,
    evidence: {
      fdUsed: used,
      fdLimit: limit,
      fdExhaustedInMs: exhaustedInMs,
      perMinute: Math.round((process.descriptors.perSecond() ?? 0) * 600) / 10,
      nrOpen: settingOf(situation, null, "fs.nr_open"),
    },
    advice: [
      `see what they are: sudo ls -l /proc/${process.pid}/fd | awk '{print $NF}' | sed 's/[0-9]*//g' | sort | uniq -c | sort -rn`,
      grows
        ? "the number is growing: a leak, or more load; check the code that opens the most common kind"
        : "the number is not growing now: a burst, or a limit too low for the load",
      `if the load is legitimate, raise the limit: sudo prlimit --pid ${process.pid} --nofile=65536, and LimitNOFILE= in its unit`,
    ],
    avoid: [
      {
        what: "a higher limit for a process that leaks",
        why: "the leak goes on and only takes longer to hit the limit",
      },
      {
        what: "a higher fs.file-max",
        why: "that is the limit of the machine (ENFILE); this process is at its own (EMFILE)",
      },
    ],
    sources: [SOURCES.limits, SOURCES.descriptors, SOURCES.accept, SOURCES.files],
  };
}
