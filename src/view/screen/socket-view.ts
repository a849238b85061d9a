import { formatCount, formatDuration, formatSetting } from "../../base/quantity.ts";
import { SOCKET_SORTS, SocketList, type SocketRow, type SocketsOf } from "../../model/lists/build-sockets.ts";
import { TCP, stateName } from "../../model/net/tcp-state.ts";
import { age } from "../format/format.ts";
import type { Style } from "../format/frame.ts";
import { type Column, type Table, numberColumn, textColumn } from "../format/table.ts";
import { type Rows, tableView } from "./table-view.ts";
import type { OpenedView, Scene, Tab, View } from "./view.ts";
import { question } from "../state/question.ts";
import type { Place } from "../state/top-ui.ts";
import { unreadText } from "../words/unread-text.ts";

/** A list of sockets that builds only the rows on the screen. */
type SocketRows = Pick<SocketList, "length" | "idAt" | "indexOf" | "rows">;

/** The sockets of this place. */
export const SOCKETS = question<SocketRows>({
  name: "sockets",
  ask: ({ world, stuckAfterMs }, { place, sort: wanted, reverse, onlySuspicious, filter }) => {
    const sort = SOCKET_SORTS.find((one) => one === wanted) ?? null;
    return new SocketList(world, {
      of: socketsOf(place),
      filter,
      stuckAfterMs,
      onlyStuck: onlySuspicious,
      sort,
      reverse,
    });
  },
  json: (sockets, most) => sockets.rows(0, most),
});

function socketsOf(place: Place): SocketsOf {
  const { kind } = place;
  return kind === "process" || kind === "group" || kind === "unowned" ? place : { kind: "closeWait" };
}

/** `>=21s`: the socket was in this state before tracing began. */
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

/** All sockets in CLOSE_WAIT. AGE, COMMAND and PEER always stay. */
const STUCK_TABLE: Table<SocketRow> = {
  columns: [AGE, ...PROCESS, ...ENDS],
  hideOrder: ["owner", "local", "accepted", "queue", "fd", "pid"],
};

/** The sockets of one process. */
const SOCKET_TABLE: Table<SocketRow> = {
  columns: [STATE, AGE, ...ENDS],
  hideOrder: ["owner", "accepted", "local", "queue", "fd"],
};

/** The sockets of a group, which may belong to many processes. */
const GROUP_SOCKET_TABLE: Table<SocketRow> = {
  columns: [STATE, AGE, ...PROCESS, ...ENDS],
  hideOrder: ["owner", "accepted", "local", "queue", "fd", "pid", "comm"],
};

const COLUMNS_HELP =
  "AGE: time in this state, >= if it began before tracing; RECV-Q: bytes not read (1 may be the FIN); ACCEPTED: NO means still in the accept queue; KNOWN BY: evidence for the process.";

const TITLES = new Map(GROUP_SOCKET_TABLE.columns.map(({ id, title }) => [id, title]));
const SORTS = SOCKET_SORTS.map((id) => ({ id, title: TITLES.get(id) ?? id }));

/** All sockets in CLOSE_WAIT. */
export const STUCK_VIEW: Tab = {
  id: "stuck",
  name: "stuck",
  help: "all sockets in CLOSE_WAIT, oldest first",
  count: ({ snapshot }) => snapshot?.stuck ?? 0,
  about: `Every socket in CLOSE_WAIT, oldest first: the peer has closed, the program has not. ${COLUMNS_HELP}`,
  hasCharts: true,
  ...socketView(
    () => STUCK_TABLE,
    ({ data: { snapshot }, ui }) => {
      if (ui.filter.text !== "") return "no socket in CLOSE_WAIT matches the filter (Esc clears it)";
      if (!ui.onlySuspicious || snapshot === null) return "no sockets in CLOSE_WAIT";
      return `no socket has been in CLOSE_WAIT for over ${formatSetting(snapshot.stuckAfterMs)} (a shows all)`;
    },
  ),
};

/** The sockets of a process, of a group, or without a known owner. */
export const SOCKET_VIEW: OpenedView = {
  about: `Its sockets, those in CLOSE_WAIT first, oldest first. ${COLUMNS_HELP}`,
  title: (place) => {
    if (place.kind === "process") return `${place.name} (pid ${place.pid})`;
    return place.kind === "group" ? `${place.by} ${place.name}` : "(unowned)";
  },
  ...socketView(
    ({ level }) => (level.place.kind === "group" ? GROUP_SOCKET_TABLE : SOCKET_TABLE),
    ({ ui, level }) => {
      if (ui.filter.text !== "") return "no matching sockets (Esc clears the filter)";
      if (level.place.kind === "unowned" && !ui.onlySuspicious) return "every socket has a known owner";
      return ui.onlySuspicious ? "no stuck sockets (a shows all)" : "no TCP sockets left";
    },
  ),
};

function socketView(
  tableOf: (scene: Scene) => Table<SocketRow>,
  empty: (scene: Scene) => string,
): Pick<View, "question" | "order" | "sorts" | "list" | "body" | "copy"> {
  return {
    question: SOCKETS,
    order: "oldest in CLOSE_WAIT",
    sorts: () => SORTS,
    ...tableView({
      answerIn: SOCKETS.answerIn,
      rows: rowsOfSockets,
      table: (_, scene) => tableOf(scene),
      sortedBy: "age",
      opens: ({ id }) => ({ kind: "socket", id }),
      copy: copySocket,
      empty,
    }),
  };
}

function rowsOfSockets(sockets: SocketRows): Rows<SocketRow> {
  return {
    length: sockets.length,
    slice: (from, to) => sockets.rows(from, to - from),
    keyAt: (index) => {
      const id = sockets.idAt(index);
      return id === null ? null : String(id);
    },
    indexOf: (key) => sockets.indexOf(Number(key)),
  };
}

/** A descriptor whose socket was reset no longer has a state. */
function stateText(row: SocketRow): string {
  return row.isLeakedDescriptor ? "(reset)" : stateName(row.state);
}

function commText({ comm, others }: SocketRow): string {
  if (comm === null) return "-";
  return others === 0 ? comm : `${comm} and ${others} more`;
}

/** NO: still in the accept queue. `-`: opened here, or of unknown origin, so there is nothing to accept. */
function acceptedText({ role, isAccepted }: SocketRow): string {
  if (!isAccepted) return "NO";
  return role === "server" ? "yes" : "-";
}

function acceptedStyle(row: SocketRow): Style {
  return row.isAccepted ? "plain" : "warn";
}

function stuckStyle({ isStuck }: SocketRow): Style {
  return isStuck ? "bad" : "plain";
}

function copySocket(row: SocketRow): string {
  const who = row.pid === null ? "unknown owner" : `${row.comm ?? "?"} (pid ${row.pid})`;
  const fd = row.fd === null ? "" : ` fd ${row.fd}`;
  const accepted = acceptedText(row) === "NO" ? ", not accepted" : "";
  const queue = row.receiveQueue === null ? "" : `, ${unreadText(row.state, row.receiveQueue)}`;
  return `${who}${fd}: ${row.local} to ${row.remote} ${stateText(row)} for ${age(row.ageMs, row.ageIsAtLeast)}${queue}${accepted}`;
}
