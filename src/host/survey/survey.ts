import { isInitialPidNamespace } from "../kernel/kernel.ts";
import { TimeSlice } from "../machine/time-slice.ts";
import { HolderFinder } from "../processes/holders.ts";
import { listPids } from "../processes/processes.ts";
import { KnownTables } from "./known-rows.ts";
import { findNamespaces, readNamespaceTables } from "./namespaces.ts";
import type { Survey, SurveyedSocket, SurveyedTimeWait } from "../../model/events/survey.ts";
import type { Nanos } from "../../model/net/nanos.ts";

export interface SurveyOptions {
  readonly signal?: AbortSignal;
  /** What earlier surveys found; pass the same ones every time. */
  readonly holders?: HolderFinder;
  readonly tables?: KnownTables;
  /** Whether to read everything again, whatever they found. */
  readonly exact?: boolean;
}

/**
 * Reads all TCP sockets of all network namespaces from /proc, and the processes that hold them. `now` is called before
 * and after reading. Throws the signal's reason when it aborts, and when /proc is not mounted.
 */
export async function takeSurvey(
  now: () => Nanos,
  { signal, holders = new HolderFinder(), tables: known = new KnownTables(), exact = false }: SurveyOptions = {},
): Promise<Survey> {
  const at = now();
  const slice = new TimeSlice(signal);
  const pids = listPids();
  const tables = await readAllTables(pids, known, slice);
  known.keep(tables.namespaces);
  const found = await holders.find({ pids, sockets: tables.sockets, at, exact }, slice);
  const overlooked = found.rowless.length === 0 ? [] : await findOverlooked(found.rowless, pids, known, slice);
  return {
    kind: "survey",
    at,
    until: now(),
    // If /proc hides other users' processes (hidepid), it hides the first process too.
    complete: tables.complete && found.unreadable.length === 0 && pids.includes(1) && isInitialPidNamespace() === true,
    namespaces: tables.namespaces,
    sockets: overlooked.length === 0 ? tables.sockets : [...tables.sockets, ...overlooked],
    timeWaits: tables.timeWaits,
    processes: found.processes,
    unreadable: found.unreadable,
  };
}

/**
 * The kernel may omit a row if its neighbours disappear while it prints the table. So a socket whose descriptor is
 * still open is looked for once more: if it is missing again, it has really gone, by a reset.
 */
async function findOverlooked(
  rowless: readonly number[],
  pids: readonly number[],
  known: KnownTables,
  slice: TimeSlice,
): Promise<SurveyedSocket[]> {
  const sought = new Set(rowless);
  const { sockets } = await readAllTables(pids, known, slice);
  return sockets.filter(({ inode }) => sought.delete(inode));
}

interface Tables {
  readonly sockets: readonly SurveyedSocket[];
  readonly timeWaits: readonly SurveyedTimeWait[];
  readonly complete: boolean;
  readonly namespaces: readonly number[];
}

async function readAllTables(pids: readonly number[], known: KnownTables, slice: TimeSlice): Promise<Tables> {
  const { members, unreadable } = await findNamespaces(pids, slice);
  let sockets: readonly SurveyedSocket[] = [];
  const namespaces: number[] = [];
  let timeWaits: readonly SurveyedTimeWait[] = [];
  let complete = unreadable === 0;
  for (const [netns, inhabitants] of members) {
    const tables = await readNamespaceTables(netns, inhabitants, slice, known.of(netns));
    if (tables === null) complete = false;
    if (tables === null || tables === "gone") continue;
    namespaces.push(netns);
    // Most machines have one namespace with many sockets.
    sockets = sockets.length === 0 ? tables.sockets : sockets.concat(tables.sockets);
    timeWaits = timeWaits.length === 0 ? tables.timeWaits : timeWaits.concat(tables.timeWaits);
  }
  return { sockets, timeWaits, complete, namespaces };
}
