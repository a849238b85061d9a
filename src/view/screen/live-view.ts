import { type Address, formatEndpoint } from "../../model/net/address.ts";
import { TCP, stateName } from "../../model/net/tcp-state.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";
import type { Style } from "../format/frame.ts";
import { type Column, type Table, numberColumn, textColumn } from "../format/table.ts";
import { clockTime } from "../format/time.ts";
import { transitionText } from "../print/events-text.ts";
import { EventLines } from "../print/event-lines.ts";
import { rowsOf, tableView } from "./table-view.ts";
import type { Tab } from "./view.ts";
import { question } from "../state/question.ts";
import type { TransitionRows } from "../state/top-source.ts";

/** The last transitions. */
const TRANSITIONS = question<TransitionRows>({
  name: "transitions",
  ask: (source, { filter }) => source.transitions(filter),
  json: ({ rows, wallMs }) => {
    const lines = new EventLines();
    for (const row of rows) lines.transition(row, wallMs(row.at));
    return JSON.parse(`[${lines.take().toString("utf8").trimEnd().replaceAll("\n", ",")}]`);
  },
});

/** Transitions as they come, the newest last. */
export const LIVE_VIEW: Tab = {
  id: "live",
  name: "live",
  help: "transitions as they come",
  about:
    "The last 500 transitions, newest at the bottom. Moving up stops the list from scrolling; f follows the newest again. MS: milliseconds spent in the state it left.",
  question: TRANSITIONS,
  order: "",
  sorts: () => [],
  isStream: true,
  ...tableView({
    answerIn: TRANSITIONS.answerIn,
    rows: ({ rows }, { ui }) => rowsOf(ui.onlySuspicious ? rows.filter(isSuspicious) : rows, keyOf),
    table: ({ wallMs }) => liveTable(wallMs),
    isStream: true,
    opens: ({ socket }) => ({ kind: "socket", id: socket.id }),
    copy: (row, { wallMs }) => transitionText(row, wallMs(row.at)).replaceAll(/ +/g, " "),
    empty: ({ ui }) => {
      const picked = ui.filter.text !== "" || ui.onlySuspicious;
      return picked ? "no matching transitions yet" : "no transitions yet";
    },
  }),
};

/** It leads to a leak, or the connection failed. */
function isSuspicious({ to, cause }: TransitionRow): boolean {
  return to === TCP.CLOSE_WAIT || cause === "reset" || cause === "timeout" || cause === "abort";
}

function keyOf({ at, socket, to }: TransitionRow): string {
  return `${at} ${socket.id} ${to}`;
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
