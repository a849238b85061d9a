import { formatNumber, formatRate } from "../../../base/quantity.ts";
import type { Finding } from "../../facts/finding.ts";
import { isShort } from "../../facts/pressed.ts";
import { type Situation, inNamespace, who } from "../../facts/situation.ts";
import { SOURCES } from "../../facts/sources.ts";
import { formatAddress, formatEndpoint } from "../../../model/net/address.ts";
import type { Destination } from "../../../model/time-wait/destination.ts";

const LEAST_PER_SECOND = 10;
/** A longer connection serves more than one request, or a slow one. */
const SHORT_LIFE_SECONDS = 1;

/** A client that opens a connection per request: a pool would save the handshakes, and TIME_WAIT on either side. */
export function noPooling(situation: Situation): Finding[] {
  const { tables, now, pressed } = situation;
  const isAll = tables.timeWaits.filter.isEmpty;
  const short = pressed.filter(isShort);
  const found: { readonly destination: Destination; readonly perSecond: number }[] = [];
  for (const destination of tables.timeWaits.destinations) {
    const { rates, live, netns, source, address, port, openedBy } = destination;
    if (rates === null || (!isAll && destination.chosen === 0)) continue;
    const perSecond = rates.opened.perSecond(now);
    // Open connections divided by connections opened per second is their lifetime (Little's law).
    if (perSecond < LEAST_PER_SECOND || live > perSecond * SHORT_LIFE_SECONDS) continue;
    const ended = rates.entered.perSecond(now) + rates.freed.perSecond(now);
    if (ended * 2 < perSecond) continue;
    // Refused or reset connections could not be kept open.
    const broken = openedBy === null ? 0 : openedBy.refused.perSecond(now) + openedBy.resets.perSecond(now);
    if (broken * 2 > perSecond) continue;
    const isReported = short.some(
      (one) => one.netns === netns && one.source === source && one.address === address && one.port === port,
    );
    if (!isReported) found.push({ destination, perSecond });
  }
  return found
    .toSorted((a, b) => b.perSecond - a.perSecond)
    .map((one) => finding(situation, one.destination, one.perSecond));
}

function finding(situation: Situation, destination: Destination, perSecond: number): Finding {
  const { openedBy, source, address, port, live, timeWaits, netns } = destination;
  const endpoint = formatEndpoint(address, port);
  const isFirst = timeWaits > live;
  return {
    id: "no-pooling",
    severity: "info",
    title:
      `${who(openedBy)} opens ${formatRate(perSecond)} connections/s to ${endpoint}${inNamespace(situation, netns)} and reuses ` +
      `none: ${formatNumber(live)} open, ${formatNumber(timeWaits)} in TIME_WAIT${isFirst ? " here" : ""}`,
    pid: openedBy?.pid ?? null,
    comm: openedBy?.comm ?? null,
    evidence: {
      source: formatAddress(source),
      destination: endpoint,
      openedPerSecond: Math.round(perSecond * 10) / 10,
      open: live,
      timeWait: timeWaits,
      netns,
    },
    advice: [
      `keep connections to ${endpoint} open and reuse them: one client object for the whole program, a pool, HTTP keep-alive`,
      "read each response to EOF and close it, so that the library can return the connection to the pool",
      "look for `Connection: close` in requests and responses, and for a pool smaller than the number of concurrent requests",
    ],
    avoid: [
      {
        what: "tcp_tw_reuse=1 or a wider ip_local_port_range instead of a pool",
        why: "each request still costs a handshake (and TLS); ports are not running out",
      },
    ],
    sources: [SOURCES.http, SOURCES.timeWait, SOURCES.ports],
  };
}
