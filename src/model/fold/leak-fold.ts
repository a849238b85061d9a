import { SeededMap } from "../../base/seeded-map.ts";
import type { DetailsSeen } from "../events/details.ts";
import type { Survey } from "../events/survey.ts";
import type { Tables } from "./tables.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import { holdersOf, isUnaccepted } from "../sockets/holding.ts";
import { socketMatcher } from "../sockets/socket-match.ts";

/** What the kernel tells of sockets in CLOSE_WAIT: how long at least, and whether their program still sends. */
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

/** One sample of each process's sockets in CLOSE_WAIT and of its descriptors. */
export function foldTrends(tables: Tables, survey: Survey): void {
  const counts = new SeededMap<number, number>();
  const count = (holders: readonly Holder[]): void => {
    for (const { pid } of holders) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  };
  for (const socket of tables.sockets) {
    // What waits to be accepted is no leak of anybody's.
    if (socket.state === TCP.CLOSE_WAIT && !isUnaccepted(socket)) count(holdersOf(socket, tables.sockets));
  }
  for (const { isConfirmed, socket } of tables.leakedDescriptors) if (isConfirmed) count(socket.holders);
  for (const process of tables.processes) process.closeWaits.add(survey.at, counts.get(process.pid) ?? 0);
  for (const { pid, fdUsed } of survey.processes) {
    if (fdUsed !== null) tables.processes.at(pid)?.descriptors.add(survey.until, fdUsed);
  }
}
