import { formatSetting } from "../../base/quantity.ts";
import { SOCKET_SORTS, type SocketRow } from "../../model/lists/build-sockets.ts";
import { age } from "../format/format.ts";
import { type Line, span } from "../format/frame.ts";
import { type Table, tableLines } from "../format/table.ts";
import { GROUP_SOCKET_TABLE, SOCKET_TABLE, STUCK_TABLE, acceptedText, stateText } from "./socket-table.ts";
import type { Scene, View } from "./view.ts";
import { NO_LIST, type TopList, cursorIndex, firstOfPage } from "../state/top-list.ts";
import { unreadText } from "../words/unread-text.ts";

const COLUMNS_HELP =
  "AGE: in this state, >= where it began before tcptrace; RECV-Q: bytes not read (1 may be the FIN); ACCEPTED: NO waits in the listener's queue; KNOWN BY: the evidence for the process.";

const TITLES = new Map(GROUP_SOCKET_TABLE.columns.map(({ id, title }) => [id, title]));
const SORTS = SOCKET_SORTS.map((id) => ({ id, title: TITLES.get(id) ?? id }));

/** View 2: all sockets in CLOSE_WAIT. */
export const STUCK_VIEW = socketView(
  `Every socket in CLOSE_WAIT, the oldest first: the peer has closed, the program has not. ${COLUMNS_HELP}`,
  () => STUCK_TABLE,
  (scene) => {
    if (scene.ui.filter.text !== "") return "no socket in CLOSE_WAIT matches the filter (Esc clears it)";
    const { snapshot } = scene.data;
    if (!scene.ui.onlySuspicious || snapshot === null) return "no socket is in CLOSE_WAIT";
    return `none has been in CLOSE_WAIT for ${formatSetting(snapshot.stuckAfterMs)} (a shows all)`;
  },
);

/** The sockets of a process, of a group, or of nobody who is known. */
export const SOCKET_VIEW = socketView(
  `The sockets it holds, in CLOSE_WAIT first, the oldest first. ${COLUMNS_HELP}`,
  ({ level }) => (level.place.kind === "group" ? GROUP_SOCKET_TABLE : SOCKET_TABLE),
  ({ ui, level }) => {
    if (ui.filter.text !== "") return "no socket of it matches the filter (Esc clears it)";
    if (level.place.kind === "unowned" && !ui.onlySuspicious) return "of each socket a process is known";
    return ui.onlySuspicious ? "none of its sockets is stuck (a shows all)" : "it holds no TCP socket any more";
  },
);

function socketView(about: string, tableOf: (scene: Scene) => Table<SocketRow>, empty: (scene: Scene) => string): View {
  return {
    about,
    order: "oldest in CLOSE_WAIT",
    sorts: () => SORTS,
    list: ({ data }, lines) => listOf(data.sockets, lines),
    body: (scene, lines) => body(scene, lines, tableOf(scene), empty(scene)),
    copy: ({ data, level }) => {
      const { sockets } = data;
      if (sockets === null) return null;
      const [row] = sockets.rows(cursorIndex(listOf(sockets, 2), level), 1);
      return row === undefined ? null : copySocket(row);
    },
  };
}

function listOf(sockets: Scene["data"]["sockets"], lines: number): TopList {
  if (sockets === null) return NO_LIST;
  return {
    length: sockets.length,
    keyAt: (index) => {
      const id = sockets.idAt(index);
      return id === null ? null : String(id);
    },
    indexOf: (key) => sockets.indexOf(Number(key)),
    page: Math.max(1, lines - 1),
    opens: (index) => {
      const id = sockets.idAt(index);
      return id === null ? null : { kind: "socket", id };
    },
    isText: false,
  };
}

function body(scene: Scene, lines: number, table: Table<SocketRow>, empty: string): Line[] {
  const { data, level, size, userName } = scene;
  const { sockets } = data;
  if (sockets === null) return [];
  const list = listOf(sockets, lines);
  const cursor = cursorIndex(list, level);
  const first = firstOfPage(cursor, list.length, list.page);
  const rows = sockets.rows(first, list.page);
  const sorting = { sort: level.sort ?? "age", reverse: level.reverse };
  const shown = tableLines({ table, rows, cursor: cursor - first, userName, ...sorting }, size.columns);
  return rows.length > 0 ? shown : [...shown, [span(empty)]];
}

function copySocket(row: SocketRow): string {
  const who = row.pid === null ? "nobody known" : `${row.comm ?? "?"} (pid ${row.pid})`;
  const fd = row.fd === null ? "" : ` fd ${row.fd}`;
  const accepted = acceptedText(row) === "NO" ? ", not accepted" : "";
  const queue = row.receiveQueue === null ? "" : `, ${unreadText(row.state, row.receiveQueue)}`;
  return `${who}${fd}: ${row.local} to ${row.remote} ${stateText(row)} for ${age(row.ageMs, row.ageIsAtLeast)}${queue}${accepted}`;
}
