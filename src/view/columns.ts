import type { SocketCounts } from "../model/snapshot.ts";
import { clip, count, duration, rate, width } from "./format.ts";
import type { Style } from "./frame.ts";

/** A line of the process table; `pid` is null for the sockets that nobody we can see owns. */
export interface Row extends SocketCounts {
  readonly pid: number | null;
  readonly comm: string;
  readonly cmdline: string | null;
  readonly user: number | null;
  readonly transitionsPerSecond: number | null;
  readonly openedPerSecond: number | null;
  readonly closedPerSecond: number | null;
  readonly growthPerMinute: number | null;
  readonly fdUsed: number | null;
  readonly fdLimit: number | null;
  readonly fdExhaustedInMs: number | null;
}

/** Tells the name of a user, if it is known. */
export type UserName = (uid: number) => string | undefined;

export type ColumnId =
  | "pid"
  | "user"
  | "comm"
  | "established"
  | "closeWait"
  | "stuck"
  | "oldest"
  | "growth"
  | "queued"
  | "listen"
  | "transitions"
  | "opened"
  | "closed"
  | "fds"
  | "full"
  | "peer"
  | "cmdline";

export interface Column {
  readonly id: ColumnId;
  readonly title: string;
  readonly align: "left" | "right";
  /** Columns on the screen: never fewer than `min`, never more than `max`. */
  readonly min: number;
  readonly max: number;
  readonly cell: (row: Row, columns: number, userName: UserName) => string;
  readonly style?: (row: Row) => Style;
  /** What to sort by. */
  readonly value: (row: Row) => number | string | null;
}

/** The table's columns from left to right. */
export const COLUMNS: readonly Column[] = [
  number("pid", "PID", 7, (row) => row.pid, String),
  {
    ...text("user", "USER", 6, 12, (row) => row.user),
    cell: (row, _, userName) => (row.user === null ? "-" : (userName(row.user) ?? String(row.user))),
  },
  { ...text("comm", "COMMAND", 15, 40, (row) => row.comm), style: (row) => (row.stuck > 0 ? "bad" : "bold") },
  number("established", "EST", 6, (row) => row.established, count),
  {
    ...number("closeWait", "CLOSE_WAIT", 11, (row) => row.closeWait, count),
    style: (row) => alarm(row.closeWait, "warn"),
  },
  { ...number("stuck", "STUCK", 6, (row) => row.stuck, count), style: (row) => alarm(row.stuck, "bad") },
  {
    ...number("oldest", "OLDEST", 8, (row) => row.oldestCloseWaitMs, duration),
    cell: (row) =>
      row.oldestCloseWaitMs === null ? "-" : `${row.oldestIsAtLeast ? ">=" : ""}${duration(row.oldestCloseWaitMs)}`,
  },
  {
    ...number("growth", "+/min", 6, (row) => row.growthPerMinute, growth),
    style: (row) => alarm(row.growthPerMinute ?? 0, "warn"),
  },
  { ...number("queued", "QUEUED", 7, (row) => row.queued, count), style: (row) => alarm(row.queued, "warn") },
  number("listen", "LISTEN", 7, (row) => row.listen, count),
  number("transitions", "TRANS/s", 8, (row) => row.transitionsPerSecond, rate),
  number("opened", "OPEN/s", 7, (row) => row.openedPerSecond, rate),
  number("closed", "CLOSE/s", 8, (row) => row.closedPerSecond, rate),
  {
    ...number("fds", "FDS", 9, (row) => row.fdUsed, String),
    cell: (row) =>
      row.fdUsed === null ? "-" : `${short(row.fdUsed)}/${row.fdLimit === null ? "-" : short(row.fdLimit)}`,
    style: fdStyle,
  },
  {
    ...number("full", "FULL IN", 8, (row) => row.fdExhaustedInMs, duration),
    style: (row) => (row.fdExhaustedInMs === null ? "dim" : "bad"),
  },
  {
    ...text("peer", "PEER", 17, 56, (row) => row.closeWaitPeer?.endpoint ?? null),
    cell: (row, columns) => peer(row, columns),
  },
  text("cmdline", "CMDLINE", 16, 4096, (row) => row.cmdline),
];

/** What goes first when the terminal is narrow. PID, COMMAND and STUCK always stay. */
export const HIDE_ORDER: readonly ColumnId[] = [
  "cmdline",
  "listen",
  "queued",
  "opened",
  "closed",
  "user",
  "transitions",
  "established",
  "growth",
  "full",
  "fds",
  "peer",
  "closeWait",
  "oldest",
];

/** The row of the sockets whose process is not known. */
export function unownedRow(counts: SocketCounts): Row {
  return {
    ...counts,
    pid: null,
    comm: "(unowned)",
    cmdline: null,
    user: null,
    transitionsPerSecond: null,
    openedPerSecond: null,
    closedPerSecond: null,
    growthPerMinute: null,
    fdUsed: null,
    fdLimit: null,
    fdExhaustedInMs: null,
  };
}

function number(
  id: ColumnId,
  title: string,
  columns: number,
  value: (row: Row) => number | null,
  format: (value: number) => string,
): Column {
  const cell = (row: Row): string => {
    const known = value(row);
    return known === null ? "-" : format(known);
  };
  return { id, title, align: "right", min: columns, max: columns, cell, value };
}

function text(id: ColumnId, title: string, min: number, max: number, value: Column["value"]): Column {
  return { id, title, align: "left", min, max, cell: (row) => String(value(row) ?? "-"), value };
}

/** Zero is most common, and says nothing. */
function growth(perMinute: number): string {
  return perMinute <= 0 ? "-" : rate(perMinute);
}

function alarm(value: number, style: Style): Style {
  return value > 0 ? style : "dim";
}

function fdStyle(row: Row): Style {
  if (row.fdUsed === null || row.fdLimit === null) return "dim";
  if (row.fdUsed >= row.fdLimit * 0.95) return "bad";
  return row.fdUsed >= row.fdLimit * 0.8 ? "warn" : "plain";
}

/* The count is a number and never cut; the endpoint gives way. */
function peer(row: Row, columns: number): string {
  if (row.closeWaitPeer === null) return "-";
  const times = ` x${count(row.closeWaitPeer.count)}`;
  return clip(row.closeWaitPeer.endpoint, columns - width(times)) + times;
}

/* At most four columns, so that used/limit fits in nine. */
function short(value: number): string {
  return value < 10_000 ? String(value) : count(value).replace(/\.\d(?=k)/, "");
}
