import { formatRate } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { type Situation, inNamespace, who } from "../../facts/situation.ts";
import { SOURCES } from "../../facts/sources.ts";
import { formatAddress, formatEndpoint } from "../../../model/net/address.ts";
import type { Process } from "../../../model/processes/process.ts";

const LEAST_PER_SECOND = 5;
/** Of the connections that end: a server on the internet always has some. */
const LEAST_SHARE = 0.2;
/** By the kernel's counters nobody is named, so that it takes more to be told. */
const LEAST_UNNAMED = 20;

/** Connections that peers end by resets, or refuse, many a second. */
export function resetStorm(situation: Situation): Finding[] {
  const { tables, now, filter, census } = situation;
  const findings: { readonly finding: Finding; readonly perSecond: number }[] = [];
  for (const process of tables.processes) {
    if (process.lastReset === null || census.chosen?.has(process.pid) === false) continue;
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
      `${who(process)} has ${formatRate(perSecond)} connections a second ended by a reset of the peer` +
      `${inNamespace(situation, netns)}, the last by ${peer}`,
    pid: process.pid,
    comm: process.comm,
    evidence: { resetsPerSecond: round(perSecond), refusedPerSecond: 0, lastPeer: peer, netns },
    advice: [
      `look at the program on the other side (${peer}): a reset comes from close() with data that it has not read, from ` +
        "SO_LINGER 0, from its end or crash, or from an idle timeout on its side that is shorter than ours",
      "or at what is between: load balancers and firewalls reset connections that they do not know any more",
      `see them: sudo tcptrace events --filter 'pid:${process.pid}' --json | jq 'select(.cause == "reset")'`,
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
      `${peer} refuses ${formatRate(perSecond)} connections a second of ${who(process)}${inNamespace(situation, netns)}: ` +
      "connect() fails with ECONNREFUSED",
    pid: process.pid,
    comm: process.comm,
    evidence: { resetsPerSecond: 0, refusedPerSecond: round(perSecond), lastPeer: peer, netns },
    advice: [
      `nobody listens on ${peer}: is the service up, and is the port right? (there: ss -ltn)`,
      `let ${process.comm} wait longer between its tries, each time more`,
    ],
    avoid: AVOID,
    sources: [SOURCES.reset, SOURCES.connect],
  };
}

const AVOID: Finding["avoid"] = [
  { what: "sysctls", why: "none changes that the other side resets; tcp_rfc1337 and the like are about TIME_WAIT" },
];

function peerOf({ lastReset }: Process): { readonly peer: string; readonly netns: number | null } {
  if (lastReset === null) return { peer: "-", netns: null };
  const { role, remoteAddress, remotePort, netns } = lastReset;
  return { peer: role === "server" ? formatAddress(remoteAddress) : formatEndpoint(remoteAddress, remotePort), netns };
}

/** What the kernel has counted, where no process can be named: without BPF. */
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
      title: `${formatRate(perSecond)} connections a second end by a reset${inNamespace({ tables, ...rest }, netns)}, sent or received`,
      pid: null,
      comm: null,
      evidence: { resetsPerSecond: round(perSecond), refusedPerSecond: 0, lastPeer: null, netns },
      advice: ["with BPF tcptrace says whose they are: sudo tcptrace doctor tells what is missing"],
      avoid: AVOID,
      sources: [SOURCES.counters, SOURCES.reset],
    });
  }
  return findings;
}

function round(perSecond: number): number {
  return Math.round(perSecond * 10) / 10;
}
