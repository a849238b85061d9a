import type { ProcessRow, Snapshot } from "../model/snapshot.ts";
import { COLUMNS } from "./columns.ts";
import type { TopUi } from "./top-ui.ts";

/** The processes that match the filter, in the chosen order. */
export function chosenRows(snapshot: Snapshot, ui: TopUi): readonly ProcessRow[] {
  const needle = ui.filter.toLowerCase();
  const rows = needle === "" ? [...snapshot.processes] : snapshot.processes.filter((row) => matches(row, needle));
  const column = COLUMNS.find(({ id }) => id === ui.sort);
  if (column !== undefined) rows.sort((a, b) => compare(column.value(a), column.value(b)));
  return ui.reverse ? rows.toReversed() : rows;
}

/** Where the cursor is among these processes: on its process, or where that was before it went away. */
export function cursorIndex(pids: readonly number[], ui: TopUi): number {
  const found = ui.pid === null ? -1 : pids.indexOf(ui.pid);
  return found >= 0 ? found : Math.max(0, Math.min(ui.index, pids.length - 1));
}

function matches(row: ProcessRow, needle: string): boolean {
  return (
    row.comm.toLowerCase().includes(needle) ||
    (row.cmdline?.toLowerCase().includes(needle) ?? false) ||
    String(row.pid).includes(needle)
  );
}

/* Numbers from the largest, words from A, what is not known last. */
function compare(a: number | string | null, b: number | string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return b - a;
  if (String(a) === String(b)) return 0;
  return String(a) < String(b) ? -1 : 1;
}
