import { formatRate } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { type Situation, inNamespace, who } from "../../facts/situation.ts";
import { SOURCES } from "../../facts/sources.ts";
import { formatAddress, formatEndpoint } from "../../../model/net/address.ts";
import type { Process } from "../../../model/processes/process.ts";

const LEAST_PER_SECOND = 5;
/** Share of the connections that end: a server on the internet always has some resets. */
const LEAST_SHARE = 0.2;
/** Higher, since the kernel's counters name no process. */
const LEAST_UNNAMED = 20;

/** Many connections a second reset or refused by peers. */
export function resetStorm(situation: Situation): Finding[] {
  const { tables, now, filter, scan } = situation;
  const findings: { readonly finding: Finding; readonly perSecond: number }[] = [];
  for (const process of tables.processes) {
    if (process.lastReset === null || scan.chosen?.has(process.pid) === false) continue;
    const [resets, refused] = [process.resets.perSecond(now), process.refused.perSecond(now)];
    const perSecond = Math.max(resets, refused);
    if (perSecond < LEAST_PER_SECOND || perSecond < process.closed.perSecond(now) * LEAST_SHARE) continue;
    const made =
      refused > resets ? refusedFinding(situation, process, refused) : resetFinding(situation, process, resets);
    findings.push({ finding: made, perSecond });
  }
  const named = findings.toSorted((a, b) => b.perSecond - a.perSecond).map((one) => one.finding);
  if (named.length > 0 || !filter.isEmpty) return named;
  return unnamed(situation);
}

function resetFinding(situation: Situation, process: Process, perSecond: number): Finding {
  const { peer, netns } = peerOf(process);
  return {
    id: "reset-storm",
    severity: "warning",
    title:
      `${who(process)} has ${formatRate(perSecond)} connections/s reset by the peer` +
      `${inNamespace(situation, netns)}, most recently by ${peer}`,
    pid: process.pid,
    comm: process.comm,
    evidence: { resetsPerSecond: round(perSecond), refusedPerSecond: 0, lastPeer: peer, netns },
    advice: [
      `check the program on the other side (${peer}): a reset comes from close() with unread data, from SO_LINGER 0, from ` +
        "an exit or a crash, or from an idle timeout shorter than ours",
      "check the path: load balancers and firewalls reset connections that they no longer know",
      `list them: sudo tcptrace events --filter 'pid:${process.pid}' --json | jq 'select(.cause == "reset")'`,
    ],
    avoid: AVOID,
    sources: [SOURCES.reset, SOURCES.counters],
  };
}

function refusedFinding(situation: Situation, process: Process, perSecond: number): Finding {
  const { peer, netns } = peerOf(process);
  return {
    id: "reset-storm",
    severity: "warning",
    title:
      `${peer} refuses ${formatRate(perSecond)} connections/s from ${who(process)}${inNamespace(situation, netns)}: ` +
      "connect() fails with ECONNREFUSED",
    pid: process.pid,
    comm: process.comm,
    evidence: { resetsPerSecond: 0, refusedPerSecond: round(perSecond), lastPeer: peer, netns },
    advice: [
      `nothing is listening on ${peer}: check that the service is up and the port is right (there: ss -ltn)`,
      `make ${process.comm} back off between attempts`,
    ],
    avoid: AVOID,
    sources: [SOURCES.reset, SOURCES.connect],
  };
}

const AVOID: Finding["avoid"] = [
  {
    what: "sysctls",
    why: "none stops the other side from sending resets; tcp_rfc1337 and the like are about TIME_WAIT",
  },
];

function peerOf({ lastReset }: Process): { readonly peer: string; readonly netns: number | null } {
  if (lastReset === null) return { peer: "-", netns: null };
  const { role, remoteAddress, remotePort, netns } = lastReset;
  return { peer: role === "server" ? formatAddress(remoteAddress) : formatEndpoint(remoteAddress, remotePort), netns };
}

/** Without BPF no process can be named, so the kernel's counters are used. */
function unnamed({ tables, ...rest }: Situation): Finding[] {
  const findings: Finding[] = [];
  if (tables.source.name !== "proc") return [];
  for (const { netns } of tables.kernel.namespaces) {
    const rise = tables.kernel.rise(netns, "EstabResets");
    if (rise === null || rise.seconds <= 0 || rise.count / rise.seconds < LEAST_UNNAMED) continue;
    const perSecond = rise.count / rise.seconds;
    findings.push({
      id: "reset-storm",
      severity: "info",
      title: `${formatRate(perSecond)} connections/s end by a reset${inNamespace({ tables, ...rest }, netns)}, sent or received`,
      pid: null,
      comm: null,
      evidence: { resetsPerSecond: round(perSecond), refusedPerSecond: 0, lastPeer: null, netns },
      advice: ["with BPF, tcptrace names the processes; see what is missing: sudo tcptrace doctor"],
      avoid: AVOID,
      sources: [SOURCES.counters, SOURCES.reset],
    });
  }
  return findings;
}

function round(perSecond: number): number {
  return Math.round(perSecond * 10) / 10;
}
