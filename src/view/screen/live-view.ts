import { type Address, formatEndpoint } from "../../model/net/address.ts";
import { TCP, stateName } from "../../model/net/tcp-state.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";
import { type Line, type Style, span } from "../format/frame.ts";
import { type Column, type Table, numberColumn, tableLines, textColumn } from "../format/table.ts";
import { clockTime } from "../format/time.ts";
import { transitionText } from "../print/events-text.ts";
import type { Scene, View } from "./view.ts";
import type { TransitionRows } from "../state/top-data.ts";
import { NO_LIST, type TopList, cursorIndex } from "../state/top-list.ts";

/** View 4: transitions as they come, the newest last. */
export const LIVE_VIEW: View = {
  about:
    "The last 500 transitions, the newest at the bottom. Moving up holds the list still; f follows the newest again. MS: how long it was in the state that it left.",
  order: "",
  sorts: () => [],
  list: listOf,
  body: (scene, lines) => {
    const { data, level, size, userName } = scene;
    const { transitions } = data;
    if (transitions === null) return [];
    const list = listOf(scene, lines);
    const cursor = cursorIndex(list, level);
    const first = Math.max(
      0,
      Math.min(level.isFollowing ? cursor : cursor - Math.floor(list.page / 2), list.length - list.page),
    );
    const rows = chosen(scene).slice(first, first + list.page);
    const table = liveTable(transitions.wallMs);
    const shown = tableLines(
      { table, rows, cursor: cursor - first, sort: null, reverse: false, userName },
      size.columns,
    );
    return rows.length > 0 ? shown : [...shown, noRows(scene)];
  },
  copy: (scene) => {
    const row = chosen(scene)[cursorIndex(listOf(scene, 2), scene.level)];
    const { transitions } = scene.data;
    if (row === undefined || transitions === null) return null;
    return transitionText(row, transitions.wallMs(row.at)).replaceAll(/ +/g, " ");
  },
};

function noRows({ ui }: Scene): Line {
  const picked = ui.filter.text !== "" || ui.onlySuspicious;
  return [span(picked ? "no transition has matched since it was chosen so" : "no transition yet")];
}

/** Of the rows those that are wanted. */
function chosen({ data, ui }: Scene): readonly TransitionRow[] {
  const rows = data.transitions?.rows ?? [];
  return ui.onlySuspicious ? rows.filter(isSuspicious) : rows;
}

/** What leads to a leak, or went wrong. */
function isSuspicious({ to, cause }: TransitionRow): boolean {
  return to === TCP.CLOSE_WAIT || cause === "reset" || cause === "timeout" || cause === "abort";
}

function listOf(scene: Scene, lines: number): TopList {
  const rows = chosen(scene);
  if (scene.data.transitions === null) return NO_LIST;
  return {
    length: rows.length,
    keyAt: (index) => keyOf(rows[index]),
    indexOf: (key) => rows.findIndex((row) => keyOf(row) === key),
    page: Math.max(1, lines - 1),
    opens: (index) => {
      const row = rows[index];
      return row === undefined ? null : { kind: "socket", id: row.socket.id };
    },
    isText: false,
    ...(scene.level.isFollowing ? { cursor: Math.max(0, rows.length - 1) } : {}),
  };
}

function keyOf(row: TransitionRow | undefined): string | null {
  return row === undefined ? null : `${row.at} ${row.socket.id} ${row.to}`;
}

function liveTable(wallMs: TransitionRows["wallMs"]): Table<TransitionRow> {
  const columns: Column<TransitionRow>[] = [
    {
      ...textColumn<TransitionRow>("time", "TIME (UTC)", 12, 15, (row) => clockTime(wallMs(row.at))),
      cell: (row, width) => clockTime(wallMs(row.at)).slice(0, width),
    },
    numberColumn("pid", "PID", 7, (row) => row.owner.pid, String),
    textColumn("comm", "COMMAND", 10, 20, (row) => row.process?.comm ?? null),
    { ...textColumn<TransitionRow>("to", "CHANGE", 20, 24, changeText), style: changeStyle },
    numberColumn(
      "ms",
      "MS",
      9,
      (row) => row.inState,
      (nanos) => (nanos / 1e6).toFixed(nanos < 1e12 ? 3 : 0),
    ),
    textColumn("cause", "CAUSE", 12, 12, (row) => row.cause),
    textColumn("remote", "PEER", 19, 47, ({ socket }) => endpoint(socket.remoteAddress, socket.remotePort)),
    textColumn("local", "LOCAL", 19, 47, ({ socket }) => endpoint(socket.localAddress, socket.localPort)),
    textColumn("owner", "KNOWN BY", 8, 8, (row) => row.owner.evidence),
  ];
  return { columns, hideOrder: ["owner", "local", "ms", "remote", "cause", "pid", "time"] };
}

function changeText({ from, to }: TransitionRow): string {
  return `${stateName(from)}→${stateName(to)}`;
}

function changeStyle(row: TransitionRow): Style {
  return isSuspicious(row) ? "warn" : "plain";
}

function endpoint(address: Address, port: number): string | null {
  return port === 0 ? null : formatEndpoint(address, port);
}
