import type { Snapshot } from "../../model/reports/snapshot.ts";
import { clip, clock, fit, wrap } from "../format/format.ts";
import { flow, lineText } from "../format/frame.ts";
import { type UserName, placeColumns } from "../format/table.ts";
import { PROCESS_TABLE, type Row, unownedRow } from "../words/columns.ts";
import { pollFigures } from "../words/polled.ts";
import { UNOWNED_NOTE, caveats, emptyText, figures, health, sourceText, stateCounts } from "../words/summary.ts";

/** The snapshot as plain text for `top -b`: a summary, then the processes, worst first. */
export function topTable(snapshot: Snapshot, columns: number, userName: UserName = () => undefined): string {
  const lines = [
    `tcptrace ${clock(snapshot.wallMs)}  ${sourceText(snapshot)}`,
    ...wrap(health(snapshot).text, columns, Number.POSITIVE_INFINITY),
    ...flow(figures(snapshot), columns).map(lineText),
    ...pollFigures(snapshot).flatMap((group) => flow(group, columns).map(lineText)),
    ...flow(stateCounts(snapshot), columns).map(lineText),
    ...caveats(snapshot).flatMap((text) => wrap(text, columns, Number.POSITIVE_INFINITY)),
    "",
    ...table(snapshot, columns, userName),
  ];
  return lines.map((line) => `${clip(line, columns).trimEnd()}\n`).join("");
}

function table(snapshot: Snapshot, columns: number, userName: UserName): string[] {
  const rows: Row[] = [...snapshot.processes];
  if (snapshot.unowned !== null) rows.push(unownedRow(snapshot.unowned));
  if (rows.length === 0) return [emptyText(snapshot)];
  const placed = placeColumns(PROCESS_TABLE, rows, columns, userName);
  const line = (cell: (index: number) => string): string =>
    placed.map(({ column, columns: size }, index) => fit(cell(index), size, column.align)).join(" ");
  return [
    line((index) => placed[index]?.column.title ?? ""),
    ...rows.map((row) => line((index) => placed[index]?.column.cell(row, placed[index].columns, userName) ?? "")),
    ...(snapshot.unowned === null ? [] : wrap(UNOWNED_NOTE, columns, Number.POSITIVE_INFINITY)),
  ];
}
