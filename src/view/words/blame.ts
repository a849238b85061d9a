import { formatCount, formatPlural } from "../../base/quantity.ts";
import { descriptorText } from "../../diagnosis/facts/descriptors.ts";
import type { AcceptQueue, ProcessRow } from "../../model/reports/snapshot.ts";
import { age } from "../format/format.ts";

/** One plain sentence on a process with stuck sockets: what it holds, since when, how it ends, why. To be pasted. */
export function blame(row: ProcessRow): string {
  const leaked = row.stuck - row.notAccepted;
  const parts: string[] = [];
  if (leaked > 0) parts.push(leak(row));
  if (row.notAccepted > 0) parts.push(stalled(row));
  return parts.join(". ");
}

function leak(row: ProcessRow): string {
  const held = row.closeWait - row.waiting + row.leakedDescriptors;
  const leaked = row.stuck - row.notAccepted;
  const stuck = leaked === held ? "" : ` (${leaked} stuck)`;
  return (
    `${row.comm} (pid ${row.pid}) holds ${formatPlural(held, "socket")} in CLOSE_WAIT${stuck}${toward(row, held)}` +
    `${oldest(row)}${growth(row)}${reset(row)}${descriptors(row)}: ${why(row, leaked)}`
  );
}

function stalled(row: ProcessRow): string {
  const waiting = formatPlural(row.notAccepted, "connection");
  return (
    `${row.comm} (pid ${row.pid}) has not accepted ${waiting} that the peer has closed by now` +
    `${row.stuck === row.notAccepted ? oldest(row) : ""}${queue(row.acceptQueue)}: ` +
    "it is stalled or out of descriptors, which is no leak"
  );
}

function toward({ closeWaitPeer }: ProcessRow, held: number): string {
  if (closeWaitPeer === null) return "";
  const { endpoint, count: times } = closeWaitPeer;
  return times >= held ? ` toward ${endpoint}` : `, ${times} of them toward ${endpoint}`;
}

function oldest({ oldestCloseWaitMs, oldestIsAtLeast }: ProcessRow): string {
  if (oldestCloseWaitMs === null) return "";
  return `, the oldest for ${age(oldestCloseWaitMs, oldestIsAtLeast)}`;
}

function growth({ growthPerMinute }: ProcessRow): string {
  return growthPerMinute !== null && growthPerMinute >= 0.1 ? `, ${perMinute(growthPerMinute)} more a minute` : "";
}

function perMinute(number: number): string {
  return number < 10 ? number.toFixed(1) : formatCount(Math.round(number));
}

function reset({ leakedDescriptors }: ProcessRow): string {
  return leakedDescriptors === 0
    ? ""
    : `, ${leakedDescriptors} of them reset since, so that only the descriptor is left`;
}

function descriptors({ fdUsed: used, fdLimit: limit, fdExhaustedInMs: exhaustedInMs }: ProcessRow): string {
  return descriptorText({ used, limit, exhaustedInMs });
}

function why({ unread, endUnread, readToEnd, leakedDescriptors }: ProcessRow, leaked: number): string {
  const rest = "only its code can close them";
  const judged = leaked - leakedDescriptors;
  if (readToEnd === judged && judged > 0) return `the peer closed, the program read to the end and forgot to; ${rest}`;
  if (unread + endUnread === judged && judged > 0) return `the peer closed, the program has stopped reading; ${rest}`;
  const both = unread + endUnread > 0 && readToEnd > 0 ? ` (${unread + endUnread} not even read to the end)` : "";
  return `the peer closed, the program has not${both}; ${rest}`;
}

function queue(acceptQueue: AcceptQueue | null): string {
  if (acceptQueue === null) return "";
  const { endpoint, length, backlog } = acceptQueue;
  return `; ${backlog === null ? length : `${length} of ${backlog}`} wait in the queue of ${endpoint}`;
}
