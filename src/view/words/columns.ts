import { formatCount, formatDuration, formatRate } from "../../base/quantity.ts";
import type { GroupRow } from "../../model/lists/build-groups.ts";
import type { ProcessRow, SocketCounts } from "../../model/reports/snapshot.ts";
import { clip, width } from "../format/format.ts";
import type { Style } from "../format/frame.ts";
import { type Column, type Table, numberColumn, textColumn } from "../format/table.ts";

/** A row of the process table: a process, or the sockets without a known owner, which have counts only. */
export type Row = SocketCounts & Partial<ProcessRow>;

const nameStyle = (row: SocketCounts): Style => (row.stuck > 0 ? "bad" : "bold");

const COUNTS: readonly Column<SocketCounts>[] = [
  numberColumn("established", "EST", 6, (row) => row.established, formatCount),
  {
    ...numberColumn<SocketCounts>("closeWait", "CLOSE_WAIT", 11, (row) => row.closeWait, formatCount),
    style: (row) => alarm(row.closeWait, "warn"),
  },
  {
    ...numberColumn<SocketCounts>("stuck", "STUCK", 6, (row) => row.stuck, formatCount),
    style: (row) => alarm(row.stuck, "bad"),
  },
  {
    ...numberColumn<SocketCounts>("oldest", "OLDEST", 8, (row) => row.oldestCloseWaitMs, formatDuration),
    cell: (row) =>
      row.oldestCloseWaitMs === null
        ? "-"
        : `${row.oldestIsAtLeast ? ">=" : ""}${formatDuration(row.oldestCloseWaitMs)}`,
  },
];

const QUEUES: readonly Column<SocketCounts>[] = [
  {
    ...numberColumn<SocketCounts>("queued", "QUEUED", 7, (row) => row.queued, formatCount),
    style: (row) => alarm(row.queued, "warn"),
  },
  numberColumn("listen", "LISTEN", 7, (row) => row.listen, formatCount),
];

type Rates = Partial<Pick<GroupRow, "transitions" | "transitionsPerSecond" | "openedPerSecond" | "closedPerSecond">>;

const RATES: readonly Column<Rates>[] = [
  numberColumn("total", "TRANS", 7, (row) => row.transitions, formatCount),
  numberColumn("transitions", "TRANS/s", 8, (row) => row.transitionsPerSecond, formatRate),
  numberColumn("opened", "OPEN/s", 7, (row) => row.openedPerSecond, formatRate),
  numberColumn("closed", "CLOSE/s", 8, (row) => row.closedPerSecond, formatRate),
];

const PEER: Column<SocketCounts> = {
  ...textColumn<SocketCounts>("peer", "PEER", 17, 56, (row) => row.closeWaitPeer?.endpoint ?? null),
  cell: (row, columns) => peer(row, columns),
};

/**
 * The process table of `top` and `top -b`. A new column needs a field of `ProcessRow`, a line here and its id in
 * `hideOrder`, the order in which columns are hidden when the terminal is narrow. PID, COMMAND and STUCK always stay.
 */
export const PROCESS_TABLE: Table<Row> = {
  columns: [
    numberColumn("pid", "PID", 7, (row) => row.pid, String),
    {
      ...textColumn<Row>("user", "USER", 6, 12, (row) => row.user),
      cell: ({ user }, _, userName) => (user == null ? "-" : (userName(user) ?? String(user))),
    },
    { ...textColumn<Row>("comm", "COMMAND", 15, 40, (row) => row.comm), style: nameStyle },
    ...COUNTS,
    {
      ...numberColumn<Row>("growth", "+/min", 6, (row) => row.growthPerMinute, growth),
      style: (row) => alarm(row.growthPerMinute ?? 0, "warn"),
    },
    ...QUEUES,
    ...RATES,
    {
      ...numberColumn<Row>("fds", "FDS", 9, (row) => row.fdUsed, String),
      cell: ({ fdUsed, fdLimit }) =>
        fdUsed == null ? "-" : `${short(fdUsed)}/${fdLimit == null ? "-" : short(fdLimit)}`,
      style: fdStyle,
    },
    {
      ...numberColumn<Row>("full", "FULL IN", 8, (row) => row.fdExhaustedInMs, formatDuration),
      style: (row) => (row.fdExhaustedInMs == null ? "dim" : "bad"),
    },
    PEER,
    textColumn("unit", "UNIT", 12, 30, (row) => row.container ?? row.unit),
    textColumn("cmdline", "CMDLINE", 16, 4096, (row) => row.cmdline),
  ],
  hideOrder: [
    "unit",
    "cmdline",
    "total",
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
  ],
};

/** The table of groups of sockets. */
export const GROUP_TABLE: Table<GroupRow> = {
  columns: [
    { ...textColumn<GroupRow>("name", "GROUP", 20, 60, (row) => row.name), style: nameStyle },
    numberColumn("processes", "PROCS", 6, (row) => row.processes, formatCount),
    ...COUNTS,
    ...QUEUES,
    ...RATES,
    PEER,
  ],
  hideOrder: [
    "total",
    "listen",
    "queued",
    "opened",
    "closed",
    "transitions",
    "established",
    "peer",
    "closeWait",
    "oldest",
    "processes",
  ],
};

/** The row of the sockets whose owner is unknown. */
export function unownedRow(counts: SocketCounts): Row {
  return { ...counts, comm: "(unowned)" };
}

/** Most processes do not grow: `-` keeps the column quiet. */
function growth(perMinute: number): string {
  return perMinute <= 0 ? "-" : formatRate(perMinute);
}

function alarm(value: number, style: Style): Style {
  return value > 0 ? style : "dim";
}

function fdStyle({ fdUsed, fdLimit }: Row): Style {
  if (fdUsed == null || fdLimit == null) return "dim";
  if (fdUsed >= fdLimit * 0.95) return "bad";
  return fdUsed >= fdLimit * 0.8 ? "warn" : "plain";
}

/* The endpoint is clipped, never the count. */
function peer(row: SocketCounts, columns: number): string {
  if (row.closeWaitPeer === null) return "-";
  const times = ` x${formatCount(row.closeWaitPeer.count)}`;
  return clip(row.closeWaitPeer.endpoint, columns - width(times)) + times;
}

/* At most four columns, so used/limit fits in nine: too narrow to group digits. */
function short(value: number): string {
  return value < 10_000 ? String(value) : formatCount(value).replace(/\.\d(?=k)/, "");
}
