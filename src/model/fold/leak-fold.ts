import { SeededMap } from "../../base/seeded-map.ts";
import type { DetailsSeen } from "../events/details.ts";
import type { Survey } from "../events/survey.ts";
import type { Tables } from "./tables.ts";
import { TCP } from "../net/tcp-state.ts";
import { forEachCloseWait } from "../sockets/close-wait.ts";
import { holdersOf, isUnaccepted } from "../sockets/holding.ts";
import { socketMatcher } from "../sockets/socket-match.ts";

/** Details of sockets in CLOSE_WAIT: a better lower bound of their age, and when the program last sent. */
export function foldDetails(tables: Tables, seen: DetailsSeen): void {
  const { at, askedAt, details, backlogs } = seen;
  for (const { inode, backlog } of backlogs) {
    const listener = tables.sockets.atInode(inode);
    if (listener !== undefined) listener.backlog = backlog;
  }
  tables.surveys.addDetails(seen);
  const match = socketMatcher(tables.sockets);
  for (const detail of details) {
    const socket = match(detail);
    if (socket?.state !== TCP.CLOSE_WAIT) continue;
    socket.detailAt = askedAt;
    socket.sentAt = askedAt - detail.lastSentMs * 1e6;
    if (!socket.sinceIsExact) socket.since = Math.min(socket.since, at - detail.lastAckMs * 1e6);
  }
}

/** Adds a sample of each process's sockets in CLOSE_WAIT and of its descriptors. */
export function foldTrends(tables: Tables, survey: Survey): void {
  const counts = new SeededMap<number, number>();
  const { clock, surveys, sockets, leakedDescriptors } = tables;
  const { now } = clock;
  const { detailsAt } = surveys;
  forEachCloseWait({ now, detailsAt, sockets: sockets.columns, leakedDescriptors }, Infinity, (socket) => {
    // Not accepted is not a leak: no program holds it yet.
    if (isUnaccepted(socket)) return;
    for (const { pid } of holdersOf(socket, sockets)) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  });
  for (const process of tables.processes) process.closeWaits.add(survey.at, counts.get(process.pid) ?? 0);
  for (const { pid, fdUsed } of survey.processes) {
    if (fdUsed !== null) tables.processes.at(pid)?.descriptors.add(survey.until, fdUsed);
  }
}
