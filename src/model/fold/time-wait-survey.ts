import type { CountersSeen } from "../events/event.ts";
import type { Survey, SurveyedTimeWait } from "../events/survey.ts";
import { processOf } from "./ownership.ts";
import type { Tables } from "./tables.ts";
import { sideOf } from "./time-wait-fold.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Socket } from "../sockets/socket.ts";
import { type Connection, clientPortOf } from "../time-wait/destination.ts";
import { type Slot, TIME_WAIT_LIFE } from "../time-wait/time-wait.ts";

/** How long after its mini-socket's start an event may still be pending; both clocks have ticks of 10 ms. */
const SLACK: Nanos = 100e6;

/**
 * A survey adds mini-sockets that are older than tcptrace or were not traced, and ends those that went early.
 * `find` returns the socket with the tuple of a row, as it was before the survey.
 */
export function foldTimeWaits(
  tables: Tables,
  survey: Survey,
  find: (row: SurveyedTimeWait) => Socket | undefined,
): void {
  for (const row of survey.timeWaits) {
    const known = knownAs(tables, row);
    if (known === undefined) foldUnknown(tables, survey, row, find);
    else foldKnown(tables, survey, row, known);
  }
  endAbsent(tables, survey);
}

/**
 * Ends what two surveys in a row did not show. After the first one it is only marked as missed: the kernel prints its
 * table page by page and can leave rows out while their neighbours come and go.
 */
function endAbsent({ timeWaits: { table }, surveys: { count } }: Tables, survey: Survey): void {
  const namespaces = new Set<number | null>(survey.namespaces);
  table.forEach((slot) => {
    if (table.surveyed(slot) === count || table.since(slot) >= survey.at) return;
    const { netns } = table.destination(slot);
    if (netns !== null && !namespaces.has(netns)) return;
    if (table.isMissed(slot)) table.end(slot);
    else table.markMissed(slot);
  });
}

/** If the kernel counts fewer mini-sockets than the table has, ends that many of those that the last survey missed. */
export function settleMissed({ timeWaits: { table, destinations } }: Tables, { namespaces }: CountersSeen): void {
  const surplus = new Map<number | null, number>();
  for (const { netns, timeWaits: known } of destinations) surplus.set(netns, (surplus.get(netns) ?? 0) + known);
  for (const { netns, timeWait } of namespaces) surplus.set(netns, (surplus.get(netns) ?? 0) - timeWait);
  const counted = new Set<number | null>(namespaces.map(({ netns }) => netns));
  table.forEach((slot) => {
    const { netns } = table.destination(slot);
    const left = surplus.get(netns) ?? 0;
    if (!table.isMissed(slot) || left <= 0 || !counted.has(netns)) return;
    surplus.set(netns, left - 1);
    table.end(slot);
  });
}

function knownAs(tables: Tables, row: SurveyedTimeWait): Slot | undefined {
  // Mini-sockets from the basic program have no namespace if there are several.
  const { localAddress, localPort, remoteAddress, remotePort } = row;
  const anywhere = { netns: null, localAddress, localPort, remoteAddress, remotePort };
  for (const tuple of tables.source.hasNamespaces ? [row] : [row, anywhere]) {
    for (const side of ["client", "server"] as const) {
      const destination = tables.timeWaits.destinations.find(tuple, side);
      const slot =
        destination === undefined ? undefined : tables.timeWaits.table.find(destination, clientPortOf(tuple, side));
      if (slot !== undefined) return slot;
    }
  }
  return undefined;
}

/** The kernel's remaining time is more exact than ours. */
function foldKnown({ timeWaits, surveys }: Tables, survey: Survey, row: SurveyedTimeWait, known: Slot): void {
  const { table } = timeWaits;
  table.markSurveyed(known, surveys.count);
  if (table.since(known) >= survey.at) return;
  table.update(known, row.state === TCP.FIN_WAIT2, survey.until + row.remainingMs * 1e6);
}

function foldUnknown(
  tables: Tables,
  survey: Survey,
  row: SurveyedTimeWait,
  find: (row: SurveyedTimeWait) => Socket | undefined,
): void {
  // The kernel's timer can fire seconds late: this one is over.
  if (row.remainingMs === 0) return;
  const isFinWait2 = row.state === TCP.FIN_WAIT2;
  const { finTimeoutMs } = tables.kernel.settingsOf(row.netns);
  const remaining = row.remainingMs * 1e6;
  const age = Math.max(0, (isFinWait2 ? Math.min(TIME_WAIT_LIFE, finTimeoutMs * 1e6) : TIME_WAIT_LIFE) - remaining);
  // So new that its event may still arrive.
  const isLate = survey.until - age > Math.min(survey.at, tables.clock.watermark) - SLACK;
  if (tables.source.name === "bpf" && isLate) return;
  const socket = find(row);
  const connection = connectionOf(tables, survey, row, socket);
  if (connection === undefined) return;
  const process = socket === undefined ? null : processOf(tables, socket);
  const since = Math.min(survey.at, survey.until - age);
  const kept = tables.timeWaits.add(connection, since, { process, endsAt: survey.until + remaining, isFinWait2 });
  if (kept.slot === undefined) return;
  tables.timeWaits.table.markSurveyed(kept.slot, tables.surveys.count);
  const { tracingSince } = tables.source;
  if (kept.isChosen && tracingSince !== null && since > tracingSince) {
    tables.timeWaits.countEntered(connection, process, since);
    // The connection was opened and closed between two polls.
    if (socket === undefined) connection.destination.rates?.opened.add(since);
  }
}

function connectionOf(
  tables: Tables,
  survey: Survey,
  row: SurveyedTimeWait,
  socket: Socket | undefined,
): Connection | undefined {
  const { netns, localAddress, localPort, remoteAddress, remotePort } = row;
  const tuple = { netns, localAddress, localPort, remoteAddress, remotePort, role: socket?.role ?? null };
  const side = sideOf(tables, tuple);
  const destination = tables.timeWaits.destinations.use(row, side, survey.at);
  return destination === undefined ? undefined : { destination, clientPort: clientPortOf(row, side) };
}
