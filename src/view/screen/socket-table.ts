import { formatCount, formatDuration } from "../../base/quantity.ts";
import type { SocketRow } from "../../model/lists/build-sockets.ts";
import { TCP, stateName } from "../../model/net/tcp-state.ts";
import type { Style } from "../format/frame.ts";
import { type Column, type Table, numberColumn, textColumn } from "../format/table.ts";

/** `>=21s`: what was before tcptrace looked is not known. */
const AGE: Column<SocketRow> = {
  ...numberColumn<SocketRow>("age", "AGE", 9, (row) => row.ageMs, formatDuration),
  cell: (row) => `${row.ageIsAtLeast ? ">=" : ""}${formatDuration(row.ageMs)}`,
  style: stuckStyle,
};

const STATE: Column<SocketRow> = {
  ...textColumn<SocketRow>("state", "STATE", 11, 11, stateText),
  style: (row) => (row.isStuck ? "bad" : row.state === TCP.CLOSE_WAIT ? "warn" : "plain"),
};

const PROCESS: readonly Column<SocketRow>[] = [
  numberColumn("pid", "PID", 7, (row) => row.pid, String),
  { ...textColumn<SocketRow>("comm", "COMMAND", 12, 24, commText), style: stuckStyle },
];

const ENDS: readonly Column<SocketRow>[] = [
  numberColumn("fd", "FD", 5, (row) => row.fd, String),
  {
    ...numberColumn<SocketRow>("queue", "RECV-Q", 7, (row) => row.receiveQueue, formatCount),
    style: (row) => ((row.receiveQueue ?? 0) > 0 && row.state !== TCP.LISTEN ? "warn" : "plain"),
  },
  { ...textColumn<SocketRow>("accepted", "ACCEPTED", 8, 8, acceptedText), style: acceptedStyle },
  textColumn("remote", "PEER", 21, 48, (row) => row.remote),
  textColumn("local", "LOCAL", 21, 48, (row) => row.local),
  textColumn("owner", "KNOWN BY", 8, 8, (row) => row.owner),
];

/** Of all sockets in CLOSE_WAIT. AGE, COMMAND and PEER always stay. */
export const STUCK_TABLE: Table<SocketRow> = {
  columns: [AGE, ...PROCESS, ...ENDS],
  hideOrder: ["owner", "local", "accepted", "queue", "fd", "pid"],
};

/** Of one process or group. */
export const SOCKET_TABLE: Table<SocketRow> = {
  columns: [STATE, AGE, ...ENDS],
  hideOrder: ["owner", "accepted", "local", "queue", "fd"],
};

/** Of a group, whose sockets may be of many processes. */
export const GROUP_SOCKET_TABLE: Table<SocketRow> = {
  columns: [STATE, AGE, ...PROCESS, ...ENDS],
  hideOrder: ["owner", "accepted", "local", "queue", "fd", "pid", "comm"],
};

/** A descriptor whose socket was reset is in no state any more. */
export function stateText(row: SocketRow): string {
  return row.isVanished ? "(reset)" : stateName(row.state);
}

function commText({ comm, others }: SocketRow): string {
  if (comm === null) return "-";
  return others === 0 ? comm : `${comm} and ${others} more`;
}

/** NO: it waits in its listener's queue. What was made here, or may have been, is nobody's to accept. */
export function acceptedText({ role, isAccepted }: SocketRow): string {
  if (!isAccepted) return "NO";
  return role === "server" ? "yes" : "-";
}

function acceptedStyle(row: SocketRow): Style {
  return row.isAccepted ? "plain" : "warn";
}

function stuckStyle({ isStuck }: SocketRow): Style {
  return isStuck ? "bad" : "plain";
}
