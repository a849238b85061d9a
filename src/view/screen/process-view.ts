import { compareValues } from "../../base/order.ts";
import { formatCount, formatDuration, formatNumber, formatPlural } from "../../base/quantity.ts";
import { type GroupRow, buildGroups } from "../../model/lists/build-groups.ts";
import { GROUPINGS } from "../../model/lists/group.ts";
import type { ProcessRow, Snapshot, SocketCounts } from "../../model/reports/snapshot.ts";
import { type Line, clipLine, span } from "../format/frame.ts";
import { type Column, tableLines } from "../format/table.ts";
import { rowsOf, tableView } from "./table-view.ts";
import type { Scene, Tab, View } from "./view.ts";
import type { Pressed } from "../state/key-binding.ts";
import { question } from "../state/question.ts";
import type { Mark } from "../state/state-trail.ts";
import { type TopList, cursorIndex, firstOfPage } from "../state/top-list.ts";
import { type TopUi, withLevel } from "../state/top-ui.ts";
import { blame } from "../words/blame.ts";
import { GROUP_TABLE, PROCESS_TABLE, type Row, unownedRow } from "../words/columns.ts";
import { emptyText } from "../words/summary.ts";

/** With at least this many lines, the last one shows the whole command line. */
const ROWS_FOR_DETAIL = 9;

/** The groups of sockets; no answer when they are not grouped. */
const GROUPS = question<readonly GroupRow[]>({
  name: "groups",
  ask: ({ world, stuckAfterMs }, { grouping, filter }) =>
    grouping === null ? null : buildGroups(world, { by: grouping, filter, stuckAfterMs }),
});

/** Processes, or groups of sockets, worst first. */
export const PROCESS_VIEW: Tab = {
  id: "processes",
  name: "processes",
  help: "processes and their sockets",
  about:
    "Processes and their sockets. STUCK: in CLOSE_WAIT past the threshold; OLDEST: the oldest of them; +/min: growth; FULL IN: time until descriptors run out.",
  question: GROUPS,
  order: "worst first",
  sorts: ({ grouping }) => (grouping === null ? PROCESS_TABLE : GROUP_TABLE).columns,
  keys: [
    {
      keys: ["t"],
      label: "t",
      help: "group sockets by command, unit, container, destination, listener; then ungroup",
      hint: "group",
      press: group,
    },
  ],
  choices: ({ grouping }) => (grouping === null ? [] : [`by ${grouping} (t)`]),
  hasCharts: true,
  list: (scene, lines) => viewOf(scene).list(scene, lines),
  body: (scene, lines) => viewOf(scene).body(scene, lines),
  copy: (scene) => viewOf(scene).copy(scene),
};

type Drawn = Pick<View, "list" | "body" | "copy">;

const PROCESSES: Drawn = {
  list: processList,
  body: processBody,
  copy: (scene) => {
    const row = processRows(scene)[cursorIndex(processList(scene, 2), scene.level)];
    if (row !== undefined) return copyProcess(row);
    const unowned = scene.data.snapshot?.unowned ?? null;
    return unowned === null ? null : copyCounts(unowned, UNOWNED);
  },
};

const GROUPED: Drawn = tableView({
  answerIn: GROUPS.answerIn,
  rows: (groups, { ui, level }) => {
    const chosen = ui.onlySuspicious ? groups.filter(isSuspicious) : groups;
    return rowsOf(ordered(chosen, GROUP_TABLE.columns, level), ({ name }) => name);
  },
  table: () => GROUP_TABLE,
  sortedBy: "stuck",
  opens: ({ name }, _, { ui }) => (ui.grouping === null ? null : { kind: "group", by: ui.grouping, name }),
  copy: copyGroup,
  empty: () => "no sockets to group",
});

function viewOf({ ui }: Scene): Drawn {
  return ui.grouping === null ? PROCESSES : GROUPED;
}

/** By process, then by each grouping, then by process again. */
function group(ui: TopUi): Pressed {
  const next = GROUPINGS[ui.grouping === null ? 0 : GROUPINGS.indexOf(ui.grouping) + 1] ?? null;
  const restarted = withLevel(ui, { key: null, index: 0, sort: null, isFollowing: false });
  return { ui: { ...restarted, grouping: next } };
}

/** The processes of the view, in its order. */
function processRows({ data, ui, level }: Scene): readonly ProcessRow[] {
  const { snapshot, mark } = data;
  if (snapshot === null) return [];
  const chosen = ui.onlySuspicious ? snapshot.processes.filter(isSuspicious) : snapshot.processes;
  const rows = mark === null ? chosen : chosen.map((row) => sinceMark(row, mark));
  return ordered(rows, PROCESS_TABLE.columns, level);
}

function sinceMark(row: ProcessRow, { byPid }: Mark): ProcessRow {
  return { ...row, transitions: Math.max(0, row.transitions - (byPid.get(row.pid) ?? 0)) };
}

/** It has sockets to close or to accept, or is running out of descriptors. */
function isSuspicious(row: ProcessRow | GroupRow): boolean {
  const runsOut = "fdExhaustedInMs" in row && row.fdExhaustedInMs !== null;
  return row.stuck > 0 || row.closeWait > 0 || row.queued > 0 || runsOut;
}

function ordered<RowType>(
  rows: readonly RowType[],
  columns: readonly Column<RowType>[],
  { sort, reverse }: Pick<Scene["level"], "sort" | "reverse">,
): readonly RowType[] {
  const column = columns.find(({ id }) => id === sort);
  const sorted = column === undefined ? rows : rows.toSorted((a, b) => compareValues(column.value(a), column.value(b)));
  return reverse ? sorted.toReversed() : sorted;
}

function processList(scene: Scene, lines: number): TopList {
  const rows = processRows(scene);
  const isUnowned = (index: number): boolean => index === rows.length && scene.data.snapshot?.unowned != null;
  return {
    length: rows.length + (isUnowned(rows.length) ? 1 : 0),
    keyAt: (index) => (isUnowned(index) ? UNOWNED : keyOf(rows[index])),
    indexOf: (key) =>
      key === UNOWNED && isUnowned(rows.length) ? rows.length : rows.findIndex((row) => keyOf(row) === key),
    page: pageOf(scene, lines),
    opens: (index) => {
      const row = rows[index];
      if (row === undefined) return isUnowned(index) ? { kind: "unowned" } : null;
      return { kind: "process", pid: row.pid, name: row.comm };
    },
    isText: false,
  };
}

/** The key and the name of the last row. */
const UNOWNED = "(unowned)";

function keyOf(row: ProcessRow | undefined): string | null {
  return row === undefined ? null : String(row.pid);
}

/** Rows that fit beside the heading, the unowned row and the command line. */
function pageOf({ data }: Scene, lines: number): number {
  const unowned = data.snapshot?.unowned == null ? 0 : 1;
  return Math.max(1, lines - 1 - unowned - (lines >= ROWS_FOR_DETAIL ? 1 : 0));
}

function processBody(scene: Scene, lines: number): Line[] {
  const { data, level, size, userName } = scene;
  const { snapshot } = data;
  if (snapshot === null) return [];
  const rows = processRows(scene);
  const list = processList(scene, lines);
  const cursor = cursorIndex(list, level);
  const first = firstOfPage(cursor, rows.length, list.page);
  const shown: Row[] = rows.slice(first, first + list.page);
  const unowned = snapshot.unowned === null ? [] : [unownedRow(snapshot.unowned)];
  const sorting = { sort: level.sort ?? "stuck", reverse: level.reverse };
  const view = { table: PROCESS_TABLE, rows: shown, cursor: cursor - first, fixed: unowned, userName, ...sorting };
  const body = tableLines(view, size.columns);
  if (rows.length === 0) body.splice(1, 0, [span(noRows(scene, snapshot))]);
  if (lines < ROWS_FOR_DETAIL) return body;
  const blank = Math.max(0, lines - 1 - body.length);
  return [...body, ...Array.from({ length: blank }, (): Line => []), detailLine(rows[cursor], size.columns)];
}

function noRows({ ui }: Scene, snapshot: Snapshot): string {
  if (ui.filter.text !== "") return "no process matches the filter (Esc clears it)";
  if (ui.onlySuspicious && snapshot.processes.length > 0) return "no suspicious process (a shows all)";
  return emptyText(snapshot);
}

function detailLine(row: ProcessRow | undefined, columns: number): Line {
  if (row === undefined) return [];
  return clipLine([span(`pid ${row.pid}: `, "bold"), span(row.cmdline || row.comm)], columns);
}

function copyProcess(row: ProcessRow): string {
  return row.stuck > 0 ? blame(row) : copyCounts(row, `${row.comm} (pid ${row.pid})`);
}

function copyCounts({ established, closeWait, listen }: SocketCounts, name: string): string {
  return `${name}: ESTABLISHED ${formatNumber(established)}, CLOSE_WAIT ${formatNumber(closeWait)}, LISTEN ${formatNumber(listen)}`;
}

function copyGroup(row: GroupRow): string {
  const { name, processes, closeWait, stuck, oldestCloseWaitMs } = row;
  const oldest = oldestCloseWaitMs === null ? "" : `, the oldest for ${formatDuration(oldestCloseWaitMs)}`;
  return `${name}: ${formatCount(closeWait)} in CLOSE_WAIT, ${formatCount(stuck)} stuck${oldest}, ${formatPlural(processes, "process", "processes")}`;
}
