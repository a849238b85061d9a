import { formatDuration, formatNumber, formatPlural } from "../../../base/quantity.ts";
import { descriptorsOf } from "../../facts/descriptors.ts";
import type { Finding } from "../../facts/finding.ts";
import { holderOf, isFull, listenBacklog } from "../../facts/listener.ts";
import type { Queue } from "../../facts/queues.ts";
import { type Situation, inNamespace, settingOf, who } from "../../facts/situation.ts";
import { SOURCES, ipSysctl } from "../../facts/sources.ts";
import { formatEndpoint } from "../../../model/net/address.ts";

const AVOID: Finding["avoid"] = [
  {
    what: "a higher somaxconn or backlog",
    why: "it helps with bursts only; if nothing accepts, a longer queue fills later and clients wait longer in vain",
  },
  {
    what: "tcp_abort_on_overflow=1",
    why: "it resets connections that might be accepted a moment later; the kernel's documentation advises it only if the program cannot be made faster",
  },
];

/** A healthy program accepts within milliseconds. */
const STALLED_MS = 3000;

/** Connections that the program has not accepted: it is stalled, too slow, or out of descriptors. */
export function acceptQueueStalled(situation: Situation): Finding[] {
  const stalled = [...situation.scan.queues].filter(
    (queue) => waitedMs(situation, queue) >= STALLED_MS || (isFull(queue.listener) && !isBurst(queue)),
  );
  return stalled.toSorted((a, b) => lengthOf(b) - lengthOf(a)).map((queue) => finding(situation, queue));
}

/**
 * All queued connections were seen arriving, the first just now: a short queue may fill and empty many times a second.
 */
function isBurst({ waiting, oldestIsExact }: Queue): boolean {
  return waiting > 0 && oldestIsExact;
}

function lengthOf({ listener, waiting }: Queue): number {
  return Math.max(listener.receiveQueue ?? 0, waiting);
}

/** `3 connections (3/17)`; without the backlog where it is unknown. */
function fillOf(length: number, backlog: number | null): string {
  const connections = formatPlural(length, "connection");
  return backlog === null ? connections : `${connections} (${formatNumber(length)}/${formatNumber(backlog)})`;
}

/** How long the oldest had been waiting at the last survey. */
function waitedMs({ tables }: Situation, { oldest, waiting }: Queue): number {
  return waiting === 0 ? 0 : ((tables.surveys.polledAt ?? 0) - oldest) / 1e6;
}

function finding(situation: Situation, queue: Queue): Finding {
  const { listener } = queue;
  const process = holderOf(situation, listener);
  const endpoint = formatEndpoint(listener.localAddress, listener.localPort);
  const full = isFull(listener);
  const backlog = listenBacklog(listener);
  const length = lengthOf(queue);
  const oldestMs = waitedMs(situation, queue);
  const descriptors = process === null ? null : descriptorsOf(process, situation.now);
  const isOut = (descriptors?.share ?? 0) >= 1;
  const wait = queue.waiting === 0 ? "" : `, oldest waiting >=${formatDuration(oldestMs)}`;
  const state = full
    ? `full (${formatNumber(length)}/${formatNumber(backlog ?? length)})`
    : `holds ${fillOf(length, backlog)}`;
  const name = who(process);
  return {
    id: "accept-queue-stalled",
    severity: full || isOut ? "critical" : "warning",
    title:
      `${name} is not accepting on ${endpoint}${inNamespace(situation, listener.netns)}: accept queue ${state}${wait}` +
      (isOut
        ? `; all ${formatNumber(descriptors?.limit ?? 0)} descriptors are used, so accept() fails with EMFILE`
        : ""),
    pid: process?.pid ?? null,
    comm: process?.comm ?? null,
    evidence: {
      listener: endpoint,
      netns: listener.netns,
      waiting: length,
      backlog,
      oldestMs: queue.waiting === 0 ? null : Math.round(oldestMs),
      somaxconn: settingOf(situation, listener.netns, "net.core.somaxconn"),
      fdUsed: descriptors?.used ?? null,
      fdLimit: descriptors?.limit ?? null,
    },
    advice: [
      isOut
        ? "it is out of descriptors: find the leak (sudo tcptrace leaks); raise the limit only if the load needs it"
        : "find what keeps it from calling accept(): a blocked or dead worker, a lock, a full thread pool, a stopped process",
      ...(process === null
        ? []
        : [
            `see where it is blocked: sudo cat /proc/${process.pid}/stack; sudo gdb -p ${process.pid}, or a thread dump`,
          ]),
      "if it is overloaded: add workers, or make the handler faster",
    ],
    avoid: AVOID,
    sources: [SOURCES.listen, SOURCES.accept, SOURCES.acceptCode, ipSysctl("somaxconn", "tcp_abort_on_overflow")],
  };
}
