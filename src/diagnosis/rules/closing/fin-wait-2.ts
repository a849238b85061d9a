import { formatDuration, formatPlural } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { towardText } from "../../facts/peers.ts";
import { type Situation, inNamespace, processAt, settingOf, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import type { Group } from "../../facts/unanswered.ts";
import { formatAddress, formatEndpoint } from "../../../model/net/address.ts";
import type { Nanos } from "../../../model/net/nanos.ts";
import { TCP } from "../../../model/net/tcp-state.ts";
import type { Process } from "../../../model/processes/process.ts";
import { timeWaitSubject } from "../../../model/time-wait/time-wait-subject.ts";
import type { Destination } from "../../../model/time-wait/destination.ts";

const LEAST = 10;
/** Any server has fewer: clients that vanish or close late leave them behind. */
const MANY = 100;
/** The peer's FIN usually arrives at once, and a survey shows it two seconds later. */
const OLD: Nanos = 4e9;

/** Our side has closed, and the peers have not: they leak, or have vanished. */
export function finWait2(situation: Situation): Finding[] {
  const leaking = leakingHere(situation);
  const orphans = orphansIn(situation)
    .filter(({ destination }) => !leaking.has(keyOf(destination.netns, serviceOf(destination))))
    .map((one) => orphanFinding(situation, one));
  const held = situation.scan.unanswered.in(TCP.FIN_WAIT2).filter(({ isHeld, count }) => isHeld && count >= LEAST);
  return [...orphans, ...held.map((group) => heldFinding(situation, group))];
}

/** Services whose connections a process of this machine leaks: the leak is a finding of its own. */
function leakingHere({ scan }: Situation): Set<string> {
  const leaking = [...scan.leaks.values()].filter(({ stuck }) => stuck > 0);
  return new Set(
    leaking.flatMap(({ netns, destinations, listeners }) =>
      [...destinations.most(), ...listeners.most()].map(({ endpoint }) => keyOf(netns, endpoint)),
    ),
  );
}

function keyOf(netns: number | null, endpoint: string): string {
  return `${netns}|${endpoint}`;
}

function serviceOf({ address, port }: Destination): string {
  return formatEndpoint(address, port);
}

interface Orphans {
  readonly destination: Destination;
  readonly process: Process | null;
  count: number;
  oldest: Nanos;
}

/** Mini-sockets that the last survey showed in FIN_WAIT2 and that are not new. */
function orphansIn({ tables, now, filter }: Situation): Orphans[] {
  const wanted = new Set<Destination>();
  for (const destination of tables.timeWaits.destinations) if (destination.finWait2 >= LEAST) wanted.add(destination);
  const found = new Map<Destination, Orphans>();
  if (wanted.size === 0) return [];
  const { table } = tables.timeWaits;
  table.forEach((slot) => {
    if (!table.isFinWait2(slot) || now - table.since(slot) < OLD) return;
    const destination = table.destination(slot);
    if (!wanted.has(destination) || table.surveyed(slot) !== tables.surveys.count) return;
    const connection = { destination, clientPort: table.clientPort(slot) };
    if (!filter.isEmpty && !filter.matches(timeWaitSubject(connection, table.process(slot)))) return;
    let one = found.get(destination);
    if (one === undefined) {
      one = { destination, process: table.process(slot), count: 0, oldest: Infinity };
      found.set(destination, one);
    }
    one.count++;
    one.oldest = Math.min(one.oldest, table.since(slot));
  });
  return [...found.values()].filter(({ count }) => count >= LEAST).toSorted((a, b) => b.count - a.count);
}

function orphanFinding(situation: Situation, { destination, process, count, oldest }: Orphans): Finding {
  const { netns, side, source, address, port } = destination;
  const peer = side === "client" ? formatEndpoint(address, port) : formatAddress(source);
  const seconds = settingOf(situation, netns, "net.ipv4.tcp_fin_timeout");
  const ageMs = (situation.now - oldest) / 1e6;
  return {
    id: "fin-wait-2",
    severity: count >= MANY ? "warning" : "info",
    title:
      `${formatPlural(count, "connection")} closed by ${who(process)}${inNamespace(situation, netns)} are in FIN_WAIT2, waiting for ` +
      `the peer's FIN (peer ${peer}), the oldest for at least ${formatDuration(ageMs)}`,
    pid: process?.pid ?? null,
    comm: process?.comm ?? null,
    evidence: {
      finWait2: count,
      peer,
      isHeld: false,
      oldestMs: Math.round(ageMs),
      tcpFinTimeoutSeconds: seconds,
      netns,
    },
    advice: [
      `check ${peer}: its kernel has our FIN, but the program there does not close, so its sockets stay in CLOSE_WAIT; run ` +
        `tcptrace leaks ${source === address ? "on this machine, with a short --stuck-after" : "there"}`,
      `nothing to do here: each one ends by itself after tcp_fin_timeout${seconds === null ? "" : ` (${seconds}s)`}`,
    ],
    avoid: [
      {
        what: "a lower tcp_fin_timeout, unless memory or ports are short",
        why: "it ends only these sooner, not TIME_WAIT and not the peer's CLOSE_WAIT, and a slow peer then gets a reset",
      },
    ],
    sources: [ipSysctl("tcp_fin_timeout"), SOURCES.states, SOURCES.linger2, SOURCES.timeWaitCode],
  };
}

function heldFinding(situation: Situation, { pid, netns, peers, count, oldest, oldestIsExact }: Group): Finding {
  const process = processAt(situation, pid);
  const most = peers.most();
  const ageMs = (situation.now - oldest) / 1e6;
  return {
    id: "fin-wait-2",
    severity: "info",
    title:
      `${who(process)} has shut down sending on ${formatPlural(count, "connection")} in FIN_WAIT2${towardText(most, count, "with")}${inNamespace(situation, netns)} ` +
      `but still holds them, the oldest for ${oldestIsExact ? "" : "at least "}${formatDuration(ageMs)}`,
    pid,
    comm: process?.comm ?? null,
    evidence: {
      finWait2: count,
      peer: most[0]?.endpoint ?? null,
      isHeld: true,
      oldestMs: Math.round(ageMs),
      tcpFinTimeoutSeconds: null,
      netns,
    },
    advice: [
      "if half-closed on purpose, nothing to do while the peer still sends",
      "otherwise make it read with a timeout and then call close(): the kernel has no timer for a socket that is still held",
    ],
    avoid: [{ what: "tcp_fin_timeout", why: "it applies to orphans, which no process holds; these are held" }],
    sources: [SOURCES.halfClosed, ipSysctl("tcp_fin_timeout")],
  };
}
