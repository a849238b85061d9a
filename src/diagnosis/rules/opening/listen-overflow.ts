import { formatPlural, formatRate } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { holderOf, isFull, listenBacklog } from "../../facts/listener.ts";
import { type Situation, inNamespace, settingOf, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import { formatEndpoint } from "../../../model/net/address.ts";
import type { Socket } from "../../../model/sockets/socket.ts";

const AVOID: Finding["avoid"] = [
  {
    what: "tcp_max_syn_backlog or tcp_syncookies",
    why: "they apply to unfinished handshakes; these are finished but not accepted",
  },
  {
    what: "a longer queue for a program that is too slow on average",
    why: "it fills too, and clients only wait longer before they fail",
  },
];

/** Connections that the kernel dropped because an accept queue was full, by its counter in each namespace. */
export function listenOverflow(situation: Situation): Finding[] {
  if (!situation.filter.isEmpty) return [];
  const findings: Finding[] = [];
  for (const { netns } of situation.tables.kernel.namespaces) {
    const rise = situation.tables.kernel.rise(netns, "ListenOverflows");
    if (rise !== null && rise.count > 0) findings.push(finding(situation, netns, rise));
  }
  return findings.toSorted((a, b) => Number(b.evidence["overflows"]) - Number(a.evidence["overflows"]));
}

function finding(situation: Situation, netns: number, { count, seconds }: { count: number; seconds: number }): Finding {
  const listener = overflowing(situation, netns);
  const process = listener === null ? null : holderOf(situation, listener);
  const endpoint = listener === null ? null : formatEndpoint(listener.localAddress, listener.localPort);
  const speed = seconds > 0 ? `, ${formatRate(count / seconds)}/s` : "";
  const where = endpoint === null ? "" : `: ${who(process)} on ${endpoint}`;
  const backlog = listener === null ? null : listenBacklog(listener);
  const somaxconn = settingOf(situation, netns, "net.core.somaxconn");
  return {
    id: "listen-overflow",
    severity: "critical",
    title:
      `${formatPlural(count, "handshake packet")} dropped${inNamespace(situation, netns)}${speed}, because an accept queue was full` +
      where,
    pid: process?.pid ?? null,
    comm: process?.comm ?? null,
    evidence: {
      overflows: count,
      seconds: Math.round(seconds),
      drops: situation.tables.kernel.rise(netns, "ListenDrops")?.count ?? null,
      listener: endpoint,
      waiting: listener?.receiveQueue ?? null,
      backlog,
      somaxconn,
      netns,
    },
    advice: [
      "make the program accept faster: find what it waits for, add workers",
      "for short bursts, use a longer queue: the backlog of listen(), up to net.core.somaxconn",
      ...(somaxconn !== null && backlog !== null && backlog > somaxconn
        ? [
            `its backlog is at somaxconn (${somaxconn}): sudo sysctl -w net.core.somaxconn=${Math.max(4096, somaxconn * 2)}, then restart it`,
          ]
        : []),
      "list the queues: ss -ltn (Recv-Q: length, Send-Q: limit)",
    ],
    avoid: AVOID,
    sources: [SOURCES.counters, SOURCES.acceptCode, SOURCES.listen, ipSysctl("somaxconn")],
  };
}

/** The listener with the fullest queue, or the only listener. The counter itself names none. */
function overflowing({ scan }: Situation, netns: number): Socket | null {
  const listeners = [...scan.queues].map(({ listener }) => listener).filter((one) => one.netns === netns);
  const [first] = listeners.filter(isFull).toSorted((a, b) => shareOf(b) - shareOf(a));
  return first ?? (listeners.length === 1 ? (listeners[0] ?? null) : null);
}

function shareOf({ receiveQueue, backlog }: Socket): number {
  return (receiveQueue ?? 0) / ((backlog ?? 0) + 1);
}
