import { formatNumber } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { percentText } from "../../facts/percent.ts";
import { type Situation, settingOf } from "../../facts/situation.ts";
import { SOURCES } from "../../facts/sources.ts";

const MUCH = 0.8;
const NEARLY_ALL = 0.95;
const MAX_NAMED = 5;

/** The machine is close to fs.file-max: above it, everyone but root gets ENFILE. */
export function filesRunningOut(situation: Situation): Finding[] {
  if (!situation.filter.isEmpty) return [];
  const used = situation.tables.kernel.host?.openFiles ?? null;
  const limit = settingOf(situation, null, "fs.file-max");
  if (used === null || limit === null || limit === 0 || used < limit * MUCH) return [];
  const holders = [...situation.tables.processes].map(({ pid, comm, facts }) => ({
    pid,
    comm,
    used: facts?.fdUsed ?? 0,
  }));
  const most = holders.toSorted((a, b) => b.used - a.used).slice(0, MAX_NAMED);
  const [first] = most;
  return [
    {
      id: "files-running-out",
      severity: used >= limit * NEARLY_ALL ? "critical" : "warning",
      title:
        `this machine has ${formatNumber(used)} of ${formatNumber(limit)} files open (fs.file-max), ${percentText(used, limit)}: above ` +
        "that, open() and socket() fail with ENFILE" +
        (first === undefined ? "" : `; ${first.comm} (pid ${first.pid}) has the most, ${formatNumber(first.used)}`),
      pid: first?.pid ?? null,
      comm: first?.comm ?? null,
      evidence: {
        openFiles: used,
        fileMax: limit,
        holders: most.map(({ pid, comm, used: count }) => `${comm} (${pid}): ${count}`),
      },
      advice: [
        "find the process that holds most of them: a leak fills any limit",
        `if the load is legitimate: sudo sysctl -w fs.file-max=${limit * 2}, and in /etc/sysctl.d`,
      ],
      avoid: [{ what: "a higher RLIMIT_NOFILE", why: "it lets one process take even more of what is running out" }],
      sources: [SOURCES.files, SOURCES.accept],
    },
  ];
}
