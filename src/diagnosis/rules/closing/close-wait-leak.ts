import { formatDuration, formatNumber, formatPlural } from "../../../base/quantity.ts";
import { type Descriptors, NEARLY_FULL, descriptorText, descriptorsOf } from "../../facts/descriptors.ts";
import type { Finding, Severity } from "../../facts/finding.ts";
import type { Leak } from "../../facts/leak.ts";
import { peerTexts, towardText } from "../../facts/peers.ts";
import { type Situation, processAt, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";

const SOON_MS = 3_600_000;

const AVOID: Finding["avoid"] = [
  {
    what: "sysctls such as tcp_fin_timeout, tcp_tw_reuse or tcp_keepalive_time",
    why:
      "none closes a socket in CLOSE_WAIT, which waits for the program and not for the network; if a keepalive probe is " +
      "answered by a reset, the socket goes away but its descriptor stays open",
  },
  { what: "a higher limit of open files", why: "the leak goes on and only takes longer to hit the limit" },
  { what: "ss -K on these sockets", why: "it ends the connection in the kernel, but the program keeps the descriptor" },
];

/** Sockets that a process holds in CLOSE_WAIT past the threshold: the peer has closed, the program has not. */
export function closeWaitLeak(situation: Situation): Finding[] {
  const leaks = [...situation.scan.leaks.values()].filter(({ stuck }) => stuck > 0);
  return leaks.toSorted((a, b) => b.stuck - a.stuck).map((leak) => finding(situation, leak));
}

function finding(situation: Situation, leak: Leak): Finding {
  const process = processAt(situation, leak.pid);
  const descriptors = process === null ? null : descriptorsOf(process, situation.now);
  const perMinute = (process?.closeWaits.perSecond() ?? 0) * 60;
  const oldestMs = (situation.now - leak.oldest) / 1e6;
  return {
    id: "close-wait-leak",
    severity: severityOf(descriptors),
    title: titleOf(leak, who(process), { perMinute, oldestMs, descriptors }),
    pid: leak.pid,
    comm: process?.comm ?? null,
    evidence: {
      closeWait: leak.held,
      stuck: leak.stuck,
      oldestMs: Math.round(oldestMs),
      oldestIsAtLeast: !leak.oldestIsExact,
      growthPerMinute: Math.round(perMinute * 10) / 10,
      readToEnd: leak.readToEnd,
      neverReadToEnd: leak.unread,
      onlyDescriptorLeft: leak.leakedDescriptors,
      openedToward: peerTexts(leak.destinations.most()),
      acceptedOn: peerTexts(leak.listeners.most()),
      acceptedFrom: peerTexts(leak.clients.most()),
      fdUsed: descriptors?.used ?? null,
      fdLimit: descriptors?.limit ?? null,
      fdExhaustedInMs: descriptors?.exhaustedInMs ?? null,
      netns: leak.netns,
    },
    advice: adviceOf(leak, process === null ? "the process" : process.comm),
    avoid: AVOID,
    sources: [SOURCES.states, SOURCES.halfClosed, SOURCES.finCode, ipSysctl("tcp_fin_timeout"), SOURCES.accept],
  };
}

function severityOf(descriptors: Descriptors | null): Severity {
  if (descriptors === null) return "warning";
  const { share, exhaustedInMs } = descriptors;
  return (share ?? 0) >= NEARLY_FULL || (exhaustedInMs !== null && exhaustedInMs < SOON_MS) ? "critical" : "warning";
}

interface Figures {
  readonly perMinute: number;
  readonly oldestMs: number;
  readonly descriptors: Descriptors | null;
}

function titleOf(leak: Leak, name: string, { perMinute, oldestMs, descriptors }: Figures): string {
  const { held, stuck } = leak;
  const some = stuck === held ? "" : ` (${formatNumber(stuck)} stuck)`;
  const age = `, the oldest for ${leak.oldestIsExact ? "" : "at least "}${formatDuration(oldestMs)}`;
  const growth =
    perMinute >= 0.1
      ? `, ${perMinute < 10 ? perMinute.toFixed(1) : formatNumber(Math.round(perMinute))} more per minute`
      : "";
  const full = descriptors === null || descriptors.share === null ? "" : descriptorText(descriptors);
  return `${name} leaks ${formatPlural(held, "connection")} in CLOSE_WAIT${some}${peersOf(leak)}${age}${growth}${full}: ${whyOf(leak)}`;
}

function peersOf({ opened, accepted, destinations, clients, listeners }: Leak): string {
  if (opened >= accepted) return towardText(destinations.most(), opened);
  return `${towardText(listeners.most(), accepted, "accepted on")}${towardText(clients.most(), accepted, "from")}`;
}

function whyOf({ stuck, leakedDescriptors, readToEnd, unread }: Leak): string {
  const judged = stuck - leakedDescriptors;
  if (judged > 0 && readToEnd === judged) return "the peer closed first; the program read EOF but never called close()";
  if (judged > 0 && unread === judged) return "the peer closed first; the program has not read to EOF";
  if (judged === 0) return "the peer closed, then reset; the program never closed the descriptors";
  return "the peer closed first; the program has not closed yet";
}

function adviceOf(leak: Leak, name: string): string[] {
  const advice: string[] = [];
  const [destination] = leak.destinations.most();
  const [listener] = leak.listeners.most();
  if (destination !== undefined) {
    advice.push(
      `check the code that opens connections to ${destination.endpoint}: every exit path, including errors, timeouts and ` +
        "early returns, must close the connection or the response, or return it to its pool",
    );
  }
  if (listener !== undefined) {
    advice.push(
      `check the code that handles connections accepted on ${listener.endpoint}: it must close the socket when read() ` +
        "returns 0, and on every error",
    );
  }
  if (leak.unread > leak.readToEnd) {
    advice.push("it does not read to EOF: look for a stuck worker, or for connections left in a list or a pool");
  } else if (leak.readToEnd > 0) {
    advice.push("it has read to EOF: look for a response, a body or a stream that is dropped without being closed");
  }
  if (leak.pid !== null) {
    advice.push(
      `list them: sudo tcptrace leaks --filter 'pid:${leak.pid}'; their descriptors: sudo ls -l /proc/${leak.pid}/fd`,
    );
    advice.push(`until it is fixed, restart ${name} before it runs out of descriptors; exiting closes them all`);
  }
  if (leak.pid === null) advice.push("list them, and why their owner is unknown: sudo tcptrace leaks --unowned");
  return advice;
}
