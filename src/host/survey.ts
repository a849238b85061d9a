import type { Nanos, Survey, SurveyedProcess, SurveyedSocket } from "../model/event.ts";
import { findNamespaces, readNamespaceTables } from "./namespaces.ts";
import { listPids, readProcess, readStat } from "./processes.ts";
import { readSocketDescriptors } from "./socket-holders.ts";
import { TimeSlice } from "./time-slice.ts";

/**
 * Reads all TCP sockets of all network namespaces from /proc, and the processes that hold them. `now` is asked as the
 * reading begins and as it ends. Throws the signal's reason when it aborts, and when /proc is not mounted.
 */
export async function takeSurvey(now: () => Nanos, signal?: AbortSignal): Promise<Survey> {
  const at = now();
  const slice = new TimeSlice(signal);
  const pids = listPids();
  const tables = await readAllTables(pids, slice);
  const holders = await findHolders(pids, inodesOf(tables.sockets), slice);
  return {
    kind: "survey",
    at,
    until: now(),
    // Where /proc hides the processes of others (hidepid), the first process is hidden too.
    complete: tables.complete && holders.complete && pids.includes(1),
    sockets: tables.sockets,
    timeWait: tables.timeWait,
    processes: holders.processes,
    details: [],
    backlogs: [],
  };
}

interface Tables {
  readonly sockets: readonly SurveyedSocket[];
  readonly timeWait: number;
  readonly complete: boolean;
}

async function readAllTables(pids: readonly number[], slice: TimeSlice): Promise<Tables> {
  const { members, unreadable } = await findNamespaces(pids, slice);
  const sockets: SurveyedSocket[] = [];
  let timeWait = 0;
  let complete = unreadable === 0;
  for (const [netns, inhabitants] of members) {
    const tables = await readNamespaceTables(netns, inhabitants, slice);
    if (tables === null) complete = false;
    if (tables === null || tables === "gone") continue;
    for (const socket of tables.sockets) sockets.push(socket);
    timeWait += tables.timeWait;
  }
  return { sockets, timeWait, complete };
}

function inodesOf(sockets: readonly SurveyedSocket[]): Set<number> {
  const inodes = new Set<number>();
  for (const { inode } of sockets) if (inode !== 0) inodes.add(inode);
  return inodes;
}

interface Holders {
  readonly processes: readonly SurveyedProcess[];
  readonly complete: boolean;
}

async function findHolders(pids: readonly number[], inodes: ReadonlySet<number>, slice: TimeSlice): Promise<Holders> {
  const processes: SurveyedProcess[] = [];
  let complete = true;
  for (const pid of pids) {
    const descriptors = await readSocketDescriptors(pid, slice);
    if (descriptors === null && readStat(pid)?.isKernelThread === false) complete = false;
    const sockets = (descriptors ?? []).filter(({ inode }) => inodes.has(inode));
    if (sockets.length === 0) continue;
    const facts = await readProcess(pid);
    if (facts !== null) processes.push({ ...facts, sockets });
  }
  return { processes, complete };
}
