import { formatCount, formatNumber, formatPlural } from "../../base/quantity.ts";
import { descriptorText } from "../../diagnosis/facts/descriptors.ts";
import type { AcceptQueue, ProcessRow } from "../../model/reports/snapshot.ts";
import { age } from "../format/format.ts";

/**
 * Sentences about a process with stuck sockets, for pasting: what it holds, for how long, when it runs out, and why.
 */
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
    `${row.comm} (pid ${row.pid}) holds ${formatPlural(held, "socket")} in CLOSE_WAIT${stuck}${destination(row, held)}` +
    `${oldest(row)}${growth(row)}${reset(row)}${descriptors(row)}: ${why(row, leaked)}`
  );
}

function stalled(row: ProcessRow): string {
  const waiting = formatPlural(row.notAccepted, "connection");
  return (
    `${row.comm} (pid ${row.pid}) has not accepted ${waiting} that the peer has already closed` +
    `${row.stuck === row.notAccepted ? oldest(row) : ""}${queue(row.acceptQueue)}: ` +
    "it is stalled or out of descriptors; this is not a leak"
  );
}

function destination({ closeWaitPeer }: ProcessRow, held: number): string {
  if (closeWaitPeer === null) return "";
  const { endpoint, count: times } = closeWaitPeer;
  return times >= held ? ` to ${endpoint}` : `, ${formatNumber(times)} of them to ${endpoint}`;
}

function oldest({ oldestCloseWaitMs, oldestIsAtLeast }: ProcessRow): string {
  if (oldestCloseWaitMs === null) return "";
  return `, the oldest for ${age(oldestCloseWaitMs, oldestIsAtLeast)}`;
}

function growth({ growthPerMinute }: ProcessRow): string {
  return growthPerMinute !== null && growthPerMinute >= 0.1 ? `, ${perMinute(growthPerMinute)} more per minute` : "";
}

function perMinute(number: number): string {
  return number < 10 ? number.toFixed(1) : formatCount(Math.round(number));
}

function reset({ leakedDescriptors }: ProcessRow): string {
  return leakedDescriptors === 0
    ? ""
    : `, ${formatNumber(leakedDescriptors)} of them since reset, leaving only the descriptor`;
}

function descriptors({ fdUsed: used, fdLimit: limit, fdExhaustedInMs: exhaustedInMs }: ProcessRow): string {
  return descriptorText({ used, limit, exhaustedInMs });
}

function why({ unread, endUnread, readToEnd, leakedDescriptors }: ProcessRow, leaked: number): string {
  const rest = "Only a code fix (or a restart) frees them";
  const judged = leaked - leakedDescriptors;
  if (readToEnd === judged && judged > 0)
    return `the peer closed; the program read EOF but never called close(). ${rest}`;
  if (unread + endUnread === judged && judged > 0) {
    return `the peer closed; the program stopped reading before EOF. ${rest}`;
  }
  const both = unread + endUnread > 0 && readToEnd > 0 ? ` (${formatNumber(unread + endUnread)} not read to EOF)` : "";
  return `the peer closed; the program has not closed yet${both}. ${rest}`;
}

function queue(acceptQueue: AcceptQueue | null): string {
  if (acceptQueue === null) return "";
  const { endpoint, length, backlog } = acceptQueue;
  const of = backlog === null ? formatNumber(length) : `${formatNumber(length)}/${formatNumber(backlog)}`;
  return `; ${of} in the accept queue of ${endpoint}`;
}
