import { formatDuration, formatNumber, formatRate } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { isShort, portsTaken } from "../../facts/pressed.ts";
import { type Situation, inNamespace, settingOf, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import { formatAddress, formatEndpoint } from "../../../model/net/address.ts";
import type { DestinationChurn } from "../../../model/reports/churn-report.ts";

const AVOID: Finding["avoid"] = [
  {
    what: "a lower tcp_fin_timeout",
    why: "it applies to orphans in FIN_WAIT2; TIME_WAIT lasts 60s, which no setting changes (TCP_TIMEWAIT_LEN)",
  },
  {
    what: "tcp_tw_recycle",
    why: "it dropped connections of clients behind one NAT address; Linux 4.12 removed it",
  },
  {
    what: "a lower tcp_max_tw_buckets",
    why: "it ends TIME_WAIT early, so old segments may enter new connections; the documentation forbids it",
  },
  {
    what: "SO_LINGER with 0",
    why: "it ends connections by a reset, and loses data that the peer has not read",
  },
];

const MORE_PORTS =
  "more ports: sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535' (exclude listeners' ports with ip_local_reserved_ports)";

const SOON_MS = 300_000;

/** Ephemeral ports toward a destination are running out: connect() will fail with EADDRNOTAVAIL. */
export function portsRunningOut(situation: Situation): Finding[] {
  return situation.pressed.filter(isShort).map((destination) => finding(situation, destination));
}

function finding(situation: Situation, destination: DestinationChurn): Finding {
  const { netns, source, address, port, ports, timeWait, openedPerSecond, exhaustedInMs, users, inUse } = destination;
  const taken = portsTaken(destination);
  const [user] = users;
  const endpoint = formatEndpoint(address, port);
  const name = who(user ?? null, "the connecting process");
  const isTimeWait = timeWait * 2 > taken;
  const when =
    exhaustedInMs === null
      ? `${name} is running low on ports to ${endpoint}`
      : exhaustedInMs === 0
        ? `${name} gets EADDRNOTAVAIL to ${endpoint} now`
        : `${name} will get EADDRNOTAVAIL to ${endpoint} in ${formatDuration(exhaustedInMs)}`;
  return {
    id: "ports-running-out",
    severity: exhaustedInMs !== null && exhaustedInMs < SOON_MS ? "critical" : "warning",
    title:
      `${when}${inNamespace(situation, netns)}: ${formatNumber(taken)} of ${formatNumber(ports ?? 0)} ports from ` +
      `${formatAddress(source)} in use, ${formatNumber(timeWait)} of them in TIME_WAIT`,
    pid: user?.pid ?? null,
    comm: user?.comm ?? null,
    evidence: {
      source: formatAddress(source),
      destination: endpoint,
      ports,
      inUse,
      taken,
      timeWait,
      openedPerSecond: openedPerSecond === null ? null : Math.round(openedPerSecond * 10) / 10,
      exhaustedInMs: exhaustedInMs === null ? null : Math.round(exhaustedInMs),
      users: users.slice(0, 5).map(({ pid, comm, inUse: used }) => `${comm} (${pid}): ${used}`),
      tcpTwReuse: settingOf(situation, netns, "net.ipv4.tcp_tw_reuse"),
      netns,
    },
    advice: isTimeWait ? timeWaitAdvice(situation, destination, name) : openAdvice(name, endpoint),
    avoid: AVOID,
    sources: [
      SOURCES.connect,
      SOURCES.portCode,
      SOURCES.timeWaitCode,
      SOURCES.ports,
      ipSysctl("ip_local_port_range", "tcp_tw_reuse"),
    ],
  };
}

function timeWaitAdvice(situation: Situation, destination: DestinationChurn, name: string): string[] {
  const { netns, address, port, openedPerSecond } = destination;
  const speed = openedPerSecond === null ? "" : `, which opens ${formatRate(openedPerSecond)}/s`;
  const advice = [
    `keep connections to ${formatEndpoint(address, port)} open in ${name}${speed}: a pool, HTTP keep-alive, one client object for all requests`,
    "make the other side close first, if the protocol allows it: then the other side holds TIME_WAIT",
    "more addresses to connect from or to: ports are counted for each source, destination and port",
    MORE_PORTS,
  ];
  if (settingOf(situation, netns, "net.ipv4.tcp_tw_reuse") !== 1) {
    advice.push(
      "as a stopgap on the connecting side, if both ends use timestamps: sudo sysctl -w net.ipv4.tcp_tw_reuse=1 " +
        "(the documentation advises asking an expert first); ports are reused after a second",
    );
  }
  return advice;
}

function openAdvice(name: string, endpoint: string): string[] {
  return [
    `most are open connections, not TIME_WAIT: make ${name} use fewer to ${endpoint}, or close those it does not need`,
    "more addresses to connect from or to: ports are counted for each source, destination and port",
    MORE_PORTS,
  ];
}
