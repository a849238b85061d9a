import { formatDuration, formatPlural } from "../../../base/quantity.ts";
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
    why: "it helps against bursts; while nobody accepts a longer queue only fills later, and clients wait longer for nothing",
  },
  {
    what: "tcp_abort_on_overflow=1",
    why: "it answers with a reset what a moment later might be accepted; the kernel's documentation advises it only where the program cannot be made faster",
  },
];

/** A program that is well accepts within milliseconds. */
const STALLED_MS = 3000;

/** Connections that the kernel has taken and the program has not accepted: it is stalled, too slow, or out of descriptors. */
export function acceptQueueStalled(situation: Situation): Finding[] {
  const stalled = [...situation.census.queues].filter(
    (queue) => waitedMs(situation, queue) >= STALLED_MS || (isFull(queue.listener) && !isBurst(queue)),
  );
  return stalled.toSorted((a, b) => lengthOf(b) - lengthOf(a)).map((queue) => finding(situation, queue));
}

/** All that wait were seen to come, the first of them just now: a short queue may fill and empty many times a second. */
function isBurst({ waiting, oldestIsExact }: Queue): boolean {
  return waiting > 0 && oldestIsExact;
}

function lengthOf({ listener, waiting }: Queue): number {
  return Math.max(listener.receiveQueue ?? 0, waiting);
}

/** How long the first was seen to wait by the last survey. */
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
  const wait = queue.waiting === 0 ? "" : `, the first for at least ${formatDuration(oldestMs)}`;
  const name = who(process);
  return {
    id: "accept-queue-stalled",
    severity: full || isOut ? "critical" : "warning",
    title:
      `${name} does not accept on ${endpoint}${inNamespace(situation, listener.netns)}: ${formatPlural(length, "connection")}` +
      `${backlog === null ? "" : ` of at most ${backlog}`} wait in its queue${full ? ", which is full" : ""}${wait}` +
      (isOut ? `; all ${descriptors?.limit} of its descriptors are used, so that accept() fails with EMFILE` : ""),
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
        ? "it is out of descriptors: find what it leaks (sudo tcptrace leaks), then give it more if it needs more"
        : "look at what keeps it from accept(): a blocked or dead worker, a lock, a full thread pool, a stopped process",
      ...(process === null
        ? []
        : [`where it stands: sudo cat /proc/${process.pid}/stack; sudo gdb -p ${process.pid}, or a thread dump`]),
      "where load is what it is short of: more workers, or a faster handler",
    ],
    avoid: AVOID,
    sources: [SOURCES.listen, SOURCES.accept, SOURCES.acceptCode, ipSysctl("somaxconn", "tcp_abort_on_overflow")],
  };
}
