import { formatNumber, formatRate } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { type Situation, inNamespace, processAt, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import { type Address, formatAddress, formatEndpoint } from "../../../model/net/address.ts";
import type { Process } from "../../../model/processes/process.ts";
import type { Socket } from "../../../model/sockets/socket.ts";
import type { Destination } from "../../../model/time-wait/destination.ts";

/** A lower rate is harmless. */
const LEAST_PER_SECOND = 10;
/** A client with this number of connections would profit from keep-alive. */
const REGULAR = 10;

/** A server that repeatedly closes first toward the same clients: keep-alive would save the connections. */
export function serverClosesFirst(situation: Situation): Finding[] {
  return servicesIn(situation)
    .filter(({ entered, clients }) => clients.reduce((sum, one) => sum + one.entered, 0) * 2 > entered)
    .map((service) => finding(situation, service))
    .filter((one) => one !== null);
}

/** Services whose process closed first. Remembers the last one, since many clients connect to the same service. */
function servicesIn({ tables }: Situation): Service[] {
  const services = new Map<string, Service>();
  let last: Service | null = null;
  const serviceOf = ({ netns, address, port }: Destination): Service => {
    if (last?.address === address && last.port === port && last.netns === netns) return last;
    const key = `${netns}|${address}|${port}`;
    last = services.get(key) ?? { netns, address, port, entered: 0, timeWaits: 0, clients: [] };
    services.set(key, last);
    return last;
  };
  const isAll = tables.timeWaits.filter.isEmpty;
  for (const destination of tables.timeWaits.destinations) {
    const { side, source, entered, timeWaits, chosen } = destination;
    if (side !== "server" || entered === 0 || (!isAll && chosen === 0)) continue;
    const service = serviceOf(destination);
    service.entered += entered;
    service.timeWaits += timeWaits;
    if (entered >= REGULAR) service.clients.push({ source, entered });
  }
  return [...services.values()];
}

interface Service {
  readonly netns: number | null;
  readonly address: Address;
  readonly port: number;
  entered: number;
  timeWaits: number;
  readonly clients: { readonly source: Address; readonly entered: number }[];
}

/** Null if the rate is, or has become, too low to matter. */
function finding(situation: Situation, service: Service): Finding | null {
  const closer = closerOf(situation, service);
  const perSecond = closer?.timeWaitRate.perSecond(situation.now) ?? 0;
  if (closer === null || perSecond < LEAST_PER_SECOND) return null;
  const endpoint = formatEndpoint(service.address, service.port);
  const clients = service.clients.toSorted((a, b) => b.entered - a.entered);
  const [first] = clients;
  return {
    id: "server-closes-first",
    severity: "info",
    title:
      `${who(closer)} closes connections on ${endpoint} first${inNamespace(situation, service.netns)}, ${formatRate(perSecond)}/s, ` +
      `and holds ${formatNumber(service.timeWaits)} in TIME_WAIT` +
      (first === undefined
        ? ""
        : `; ${formatAddress(first.source)} alone connected ${formatNumber(first.entered)} times: keep-alive would help`),
    pid: closer.pid,
    comm: closer.comm,
    evidence: {
      listener: endpoint,
      closedFirst: service.entered,
      perSecond: Math.round(perSecond * 10) / 10,
      timeWait: service.timeWaits,
      clients: clients.slice(0, 5).map(({ source, entered }) => `${formatAddress(source)} x${entered}`),
      netns: service.netns,
    },
    advice: [
      "keep connections open for the next request: HTTP keep-alive, a longer idle timeout, more requests per connection; " +
        "`Connection: close` in its responses shows that it does not",
      "between a proxy and its upstreams, use a pool in the proxy (nginx: keepalive in upstream, with HTTP/1.1)",
      "or make the clients close first: then they hold TIME_WAIT",
    ],
    avoid: [
      {
        what: "tcp_tw_reuse on this side",
        why: "it works on the connecting side; a server's TIME_WAIT uses up no port, and a new SYN with a later timestamp replaces it anyway",
      },
      { what: "tcp_tw_recycle", why: "it broke clients behind NAT; Linux 4.12 removed it" },
    ],
    sources: [SOURCES.http, SOURCES.timeWait, ipSysctl("tcp_tw_reuse")],
  };
}

/** The holder of the listener that enters TIME_WAIT most often: the workers of a server share one listener. */
function closerOf(situation: Situation, { netns, address, port }: Service): Process | null {
  const tuple = { netns, localAddress: address, localPort: port, remoteAddress: 0, remotePort: 0 };
  const listeners = situation.tables.sockets.listeners.accepting(tuple);
  let best: Process | null = null;
  for (const pid of new Set(listeners.flatMap(pidsOf))) {
    const process = processAt(situation, pid);
    const fastest = best?.timeWaitRate.perSecond(situation.now) ?? 0;
    if (process !== null && process.timeWaitRate.perSecond(situation.now) > fastest) best = process;
  }
  return best;
}

function pidsOf({ owner, holders }: Socket): (number | null)[] {
  return [owner.pid, ...holders.map(({ pid }) => pid)];
}
