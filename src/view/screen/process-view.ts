import { compareValues } from "../../base/order.ts";
import { formatCount, formatDuration } from "../../base/quantity.ts";
import type { GroupRow } from "../../model/lists/build-groups.ts";
import type { ProcessRow, Snapshot, SocketCounts } from "../../model/reports/snapshot.ts";
import { type Line, clipLine, span } from "../format/frame.ts";
import { type Column, tableLines } from "../format/table.ts";
import type { Scene, View } from "./view.ts";
import type { Mark } from "../state/state-trail.ts";
import { NO_LIST, type TopList, cursorIndex, firstOfPage } from "../state/top-list.ts";
import { blame } from "../words/blame.ts";
import { GROUP_TABLE, PROCESS_TABLE, type Row, unownedRow } from "../words/columns.ts";
import { emptyText } from "../words/summary.ts";

/** From so many lines on, one is spent on the whole command line. */
const ROWS_FOR_DETAIL = 9;

/** View 1: processes, or groups of sockets, the most guilty first. */
export const PROCESS_VIEW: View = {
  about:
    "Each process with its sockets. STUCK: in CLOSE_WAIT past the threshold; OLDEST of those; +/min: how fast they grow; FULL IN: until no descriptor is left.",
  order: "most guilty",
  sorts: ({ grouping }) => (grouping === null ? PROCESS_TABLE : GROUP_TABLE).columns,
  list: (scene, rows) => (scene.ui.grouping === null ? processList(scene, rows) : groupList(scene, rows)),
  body: (scene, rows) => (scene.ui.grouping === null ? processBody(scene, rows) : groupBody(scene, rows)),
  copy: (scene) => {
    if (scene.ui.grouping !== null)
      return copyGroup(chosenGroups(scene)[cursorIndex(groupList(scene, 2), scene.level)]);
    const rows = processRows(scene);
    const row = rows[cursorIndex(processList(scene, 2), scene.level)];
    if (row !== undefined) return copyProcess(row);
    const unowned = scene.data.snapshot?.unowned ?? null;
    return unowned === null ? null : copyCounts(unowned, UNOWNED);
  },
};

/** The processes of the view, in its order. */
export function processRows({ data, ui, level }: Scene): readonly ProcessRow[] {
  const { snapshot, mark } = data;
  if (snapshot === null) return [];
  const chosen = ui.onlySuspicious ? snapshot.processes.filter(isSuspicious) : snapshot.processes;
  const rows = mark === null ? chosen : chosen.map((row) => sinceMark(row, mark));
  return ordered(rows, PROCESS_TABLE.columns, level);
}

function sinceMark(row: ProcessRow, { byPid }: Mark): ProcessRow {
  return { ...row, transitions: Math.max(0, row.transitions - (byPid.get(row.pid) ?? 0)) };
}

/** It holds something that waits to be closed or accepted, or runs out of descriptors. */
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

/** The key of the last row, and its name. */
const UNOWNED = "(unowned)";

function keyOf(row: ProcessRow | undefined): string | null {
  return row === undefined ? null : String(row.pid);
}

/** Lines that are left for rows beside the heading, the sockets that nobody owns, and the command line. */
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
  if (ui.onlySuspicious && snapshot.processes.length > 0) return "no process is suspicious (a shows all)";
  return emptyText(snapshot);
}

function detailLine(row: ProcessRow | undefined, columns: number): Line {
  if (row === undefined) return [];
  return clipLine([span(`pid ${row.pid}: `, "bold"), span(row.cmdline || row.comm)], columns);
}

function chosenGroups({ data, ui, level }: Scene): readonly GroupRow[] {
  const groups = data.groups ?? [];
  return ordered(ui.onlySuspicious ? groups.filter(isSuspicious) : groups, GROUP_TABLE.columns, level);
}

function groupList(scene: Scene, lines: number): TopList {
  const { grouping } = scene.ui;
  const rows = chosenGroups(scene);
  if (grouping === null) return NO_LIST;
  return {
    length: rows.length,
    keyAt: (index) => rows[index]?.name ?? null,
    indexOf: (key) => rows.findIndex(({ name }) => name === key),
    page: Math.max(1, lines - 1),
    opens: (index) => {
      const row = rows[index];
      return row === undefined ? null : { kind: "group", by: grouping, name: row.name };
    },
    isText: false,
  };
}

function groupBody(scene: Scene, lines: number): Line[] {
  const { level, size, userName } = scene;
  const rows = chosenGroups(scene);
  const list = groupList(scene, lines);
  const cursor = cursorIndex(list, level);
  const first = firstOfPage(cursor, rows.length, list.page);
  const shown = rows.slice(first, first + list.page);
  const sorting = { sort: level.sort ?? "stuck", reverse: level.reverse };
  const body = tableLines(
    { table: GROUP_TABLE, rows: shown, cursor: cursor - first, userName, ...sorting },
    size.columns,
  );
  if (rows.length === 0) body.push([span("no sockets to put together")]);
  return body;
}

function copyProcess(row: ProcessRow): string {
  return row.stuck > 0 ? blame(row) : copyCounts(row, `${row.comm} (pid ${row.pid})`);
}

function copyCounts({ established, closeWait, listen }: SocketCounts, name: string): string {
  return `${name}: ESTABLISHED ${established}, CLOSE_WAIT ${closeWait}, LISTEN ${listen}`;
}

function copyGroup(row: GroupRow | undefined): string | null {
  if (row === undefined) return null;
  const { name, processes, closeWait, stuck, oldestCloseWaitMs } = row;
  const oldest = oldestCloseWaitMs === null ? "" : `, the oldest for ${formatDuration(oldestCloseWaitMs)}`;
  return `${name}: ${formatCount(closeWait)} in CLOSE_WAIT, ${formatCount(stuck)} stuck${oldest}, ${formatCount(processes)} processes`;
}
