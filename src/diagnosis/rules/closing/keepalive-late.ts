import { SeededMap } from "../../../base/seeded-map.ts";
import { formatDuration, formatNumber, formatPlural } from "../../../base/quantity.ts";
import { descriptorsOf } from "../../facts/descriptors.ts";
import type { Finding } from "../../facts/finding.ts";
import { Peers, peerTexts, towardText } from "../../facts/peers.ts";
import { type Situation, inNamespace, processAt, settingOf, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import type { IdleConnection } from "../../../model/events/details.ts";
import { TCP } from "../../../model/net/tcp-state.ts";
import { holdersOf } from "../../../model/sockets/holding.ts";
import type { Socket } from "../../../model/sockets/socket.ts";

const LEAST = 10;
/** Multiple of --stuck-after: ten minutes by default. */
const IDLE_TIMES = 10;
/** Share of the descriptors in idle connections. */
const MUCH = 0.5;

/** Long idle connections that would not notice soon if the peer were gone. */
export function keepaliveLate(situation: Situation): Finding[] {
  const groups = new SeededMap<number, Idle>();
  const leastMs = situation.stuckAfterMs * IDLE_TIMES;
  for (const connection of situation.tables.surveys.idle?.connections ?? []) {
    const { idleMs, probeInMs, inode } = connection;
    if (idleMs < leastMs || (probeInMs !== null && probeInMs <= leastMs)) continue;
    const socket = situation.tables.sockets.atInode(inode);
    if (socket?.state === TCP.ESTABLISHED)
      for (const pid of pidsOf(situation, socket)) idleOf(groups, pid).add(socket, connection);
  }
  const found = [...groups.values()].filter(({ count }) => count >= LEAST);
  // If both ends are on this machine, the accepting side comes first: it is the one that waits for dead peers.
  const first = (a: Idle, b: Idle): number => b.count - a.count || b.accepted - a.accepted || a.pid - b.pid;
  return found.toSorted(first).map((idle) => finding(situation, idle));
}

function pidsOf({ tables, scan }: Situation, socket: Socket): number[] {
  const pids = holdersOf(socket, tables.sockets).map(({ pid }) => pid);
  return scan.chosen === null ? pids : pids.filter((pid) => scan.chosen?.has(pid));
}

function idleOf(groups: SeededMap<number, Idle>, pid: number): Idle {
  let idle = groups.get(pid);
  if (idle === undefined) groups.set(pid, (idle = new Idle(pid)));
  return idle;
}

/** The idle connections of one process. */
class Idle {
  readonly pid: number;
  count = 0;
  accepted = 0;
  unprobed = 0;
  longestMs = 0;
  firstProbeMs = Infinity;
  netns: number | null = null;
  readonly peers = new Peers();
  readonly listeners = new Peers();

  constructor(pid: number) {
    this.pid = pid;
  }

  add({ role, localAddress, localPort, remoteAddress, remotePort }: Socket, connection: IdleConnection): void {
    const { netns, idleMs, probeInMs } = connection;
    this.count++;
    this.netns ??= netns;
    this.longestMs = Math.max(this.longestMs, idleMs);
    if (probeInMs === null) this.unprobed++;
    else this.firstProbeMs = Math.min(this.firstProbeMs, probeInMs);
    if (role === "server") {
      this.accepted++;
      this.listeners.add(localAddress, localPort);
      this.peers.add(remoteAddress, 0);
    } else this.peers.add(remoteAddress, remotePort);
  }
}

function finding(situation: Situation, idle: Idle): Finding {
  const { pid, count, unprobed, longestMs, firstProbeMs, netns } = idle;
  const process = processAt(situation, pid);
  const limit = process === null ? null : descriptorsOf(process, situation.now).limit;
  const isMuch = limit !== null && count >= limit * MUCH;
  return {
    id: "keepalive-late",
    severity: isMuch ? "warning" : "info",
    title:
      `${who(process)} holds ${formatPlural(count, "idle connection")}${connectedTo(idle)}${inNamespace(situation, netns)}, silent for up to ` +
      `${formatDuration(longestMs)}, ${probesOf(idle)}: dead peers go unnoticed` +
      (isMuch ? `; its limit is ${formatNumber(limit)} descriptors` : ""),
    pid,
    comm: process?.comm ?? null,
    evidence: {
      idle: count,
      withoutKeepalive: unprobed,
      longestMs,
      firstProbeInMs: unprobed < count ? firstProbeMs : null,
      peers: peerTexts(idle.peers.most()),
      acceptedOn: peerTexts(idle.listeners.most()),
      notLookedAt: situation.tables.surveys.idle?.left ?? 0,
      fdLimit: limit,
      tcpKeepaliveTimeSeconds: settingOf(situation, netns, "net.ipv4.tcp_keepalive_time"),
      netns,
    },
    advice: adviceOf(idle),
    avoid: AVOID,
    sources: [SOURCES.keepalive, ipSysctl("tcp_keepalive_time", "tcp_keepalive_intvl", "tcp_keepalive_probes")],
  };
}

const AVOID: Finding["avoid"] = [
  {
    what: "tcp_keepalive_time for programs without SO_KEEPALIVE",
    why: "their sockets are never probed, whatever its value",
  },
];

function connectedTo({ accepted, count, listeners, peers }: Idle): string {
  return accepted * 2 > count ? towardText(listeners.most(), count, "accepted on") : towardText(peers.most(), count);
}

function probesOf({ count, unprobed, firstProbeMs }: Idle): string {
  const probed = count - unprobed;
  const parts = [
    ...(unprobed > 0 ? [`${formatNumber(unprobed)} without keepalive`] : []),
    ...(probed > 0
      ? [`${formatNumber(probed)} with a first keepalive probe in ${formatDuration(firstProbeMs)} or later`]
      : []),
  ];
  return parts.join(", ");
}

function adviceOf({ count, unprobed }: Idle): string[] {
  const what =
    unprobed > 0 ? "SO_KEEPALIVE, with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT" : "a shorter TCP_KEEPIDLE,";
  return [
    `make the program set ${what} below the shortest timeout on the path (load balancers: a few minutes)`,
    "or make it use its own timeouts: a limit for idle connections, pings (HTTP/2, WebSocket, gRPC)",
    ...(unprobed < count
      ? ["for all programs that set only SO_KEEPALIVE: sudo sysctl -w net.ipv4.tcp_keepalive_time=300"]
      : []),
    "list them: ss -tnoi state established; timer:(keepalive,…) means keepalive is on",
  ];
}
