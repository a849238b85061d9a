import { readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { findNamespaces } from "../host/namespaces.ts";
import { listPids } from "../host/processes.ts";
import { SsReader, type SsRows } from "../host/ss-output.ts";
import type { Survey } from "../model/event.ts";
import { TCP } from "../model/tcp-state.ts";

const SS = ["ss", "-tneiH", "state", "close-wait", "state", "listening"] as const;
const TIMEOUT_MS = 10_000;
const MAX_ROWS = 1_000_000;

/**
 * Asks the kernel (inet_diag, through iproute2's ss) what /proc/net/tcp does not tell: since when at least a connection is
 * in CLOSE_WAIT, whether its program still sends, and how long accept queues may get. Only in namespaces where the survey
 * shows such sockets. Where ss is missing or fails, `details` stays null and nothing else changes.
 */
export async function withDetails(survey: Survey, signal: AbortSignal): Promise<Survey> {
  const wanted = namespacesWorthAsking(survey);
  const rows: SsRows = { details: [], backlogs: [] };
  let hasAnswer = wanted.size === 0;
  for (const [netns, pid] of await inhabitants(wanted)) {
    const answer = await askNamespace(netns, pid, signal);
    if (answer === null) continue;
    hasAnswer = true;
    for (const detail of answer.details) rows.details.push(detail);
    for (const backlog of answer.backlogs) rows.backlogs.push(backlog);
  }
  return hasAnswer ? { ...survey, ...rows } : survey;
}

/** Those with a connection in CLOSE_WAIT or in an accept queue. */
function namespacesWorthAsking({ sockets }: Survey): Set<number> {
  const namespaces = new Set<number>();
  for (const { state, inode, receiveQueue, netns } of sockets) {
    if (state === TCP.CLOSE_WAIT || (state === TCP.ESTABLISHED && inode === 0)) namespaces.add(netns);
    else if (state === TCP.LISTEN && receiveQueue > 0) namespaces.add(netns);
  }
  return namespaces;
}

/** A process in each of them; null for our own namespace. */
async function inhabitants(namespaces: ReadonlySet<number>): Promise<Map<number, number | null>> {
  const found = new Map<number, number | null>();
  const own = Number(/\d+/.exec(readlinkSync("/proc/self/ns/net"))?.[0]);
  if (namespaces.has(own)) found.set(own, null);
  if (found.size === namespaces.size) return found;
  for (const [netns, [pid]] of (await findNamespaces(listPids())).members) {
    if (pid !== undefined && netns !== own && namespaces.has(netns)) found.set(netns, pid);
  }
  return found;
}

async function askNamespace(netns: number, pid: number | null, signal: AbortSignal): Promise<SsRows | null> {
  const [file, ...words] = pid === null ? SS : ["nsenter", `--net=/proc/${pid}/ns/net`, ...SS];
  const reader = new SsReader(netns);
  const child = execa(file, words, {
    stdin: "ignore",
    stderr: "ignore",
    buffer: false,
    reject: false,
    timeout: TIMEOUT_MS,
    cancelSignal: signal,
    env: { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" },
    extendEnv: false,
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (reader.rows.details.length < MAX_ROWS) reader.line(line);
  }
  return (await child).exitCode === 0 ? reader.rows : null;
}
