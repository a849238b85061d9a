import { safeText } from "../model/text.ts";
import type { ProcessRow, Snapshot } from "../model/snapshot.ts";
import type { ChurnReport } from "../model/churn-report.ts";
import { chosenProcesses, churnLines } from "./churn-frame.ts";
import { COLUMNS, type Row, unownedRow, type UserName } from "./columns.ts";
import { clip, clock, count, duration, fit, setting, width, wrap } from "./format.ts";
import { clipLine, flow, type Frame, type Line, type Size, type Span, span } from "./frame.ts";
import type { TopList } from "./key-binding.ts";
import { type Placed, placeColumns } from "./layout.ts";
import { pollFigures } from "./polled.ts";
import { caveats, emptyText, figures, health, sourceText, stateCounts, UNOWNED_NOTE } from "./summary.ts";
import { helpFrame, hintLine } from "./top-help.ts";
import { keymapOf } from "./top-keys.ts";
import { chosenRows, cursorIndex } from "./top-rows.ts";
import type { TopUi } from "./top-ui.ts";

const LEAST: Size = { columns: 40, rows: 10 };
/** Rows of the process table that the lines above it must leave. */
const LEAST_PAGE = 2;

const nameless: UserName = () => undefined;

/** What the screen is drawn from, of one moment; null before anything is known, and what the view does not need. */
export interface TopData {
  readonly snapshot: Snapshot | null;
  readonly churn: ChurnReport | null;
}

/** Draws the screen. Only the processes around the cursor are laid out, however many there are. */
export function topFrame({ snapshot, churn }: TopData, ui: TopUi, size: Size, userName: UserName = nameless): Frame {
  if (size.columns < LEAST.columns || size.rows < LEAST.rows) return tooSmall(size);
  if (ui.help !== null) return helpFrame(keymapOf(ui), ui.help, size);
  const bottom = bottomLines(ui, size);
  if (snapshot === null) return [[span("tcptrace top", "bold")], [], [span("starting...")], [], ...bottom];
  if (ui.view === "timeWait" && churn !== null) return churnFrame(snapshot, churn, ui, size, bottom);
  const rows = chosenRows(snapshot, ui);
  const plan = planScreen(snapshot, ui, size);
  const body = bodyLines(snapshot, rows, ui, size, plan.page, userName);
  const detail = plan.detail ? detailLines(rows, ui, size) : [];
  const blank = size.rows - plan.header.length - body.length - detail.length - bottom.length;
  const filler: Line[] = Array.from({ length: Math.max(0, blank) }, () => []);
  return [...plan.header, ...body, ...filler, ...detail, ...bottom].slice(0, size.rows);
}

/** What moves of the cursor need to know of the screen. */
export function topList({ snapshot, churn }: TopData, ui: TopUi, size: Size): TopList {
  if (snapshot === null) return { pids: [], page: 1 };
  if (ui.view === "timeWait" && churn !== null) {
    return { pids: chosenProcesses(churn, ui).map(({ pid }) => pid), page: Math.max(1, Math.floor(size.rows / 4)) };
  }
  return { pids: chosenRows(snapshot, ui).map(({ pid }) => pid), page: planScreen(snapshot, ui, size).page };
}

function churnFrame(snapshot: Snapshot, churn: ChurnReport, ui: TopUi, size: Size, bottom: readonly Line[]): Frame {
  const notes = caveats(snapshot).flatMap((text) => wrap(text, size.columns, 2));
  const head: Line[] = [
    titleLine(snapshot, ui, size.columns),
    ...notes.slice(0, size.rows >= 16 ? 4 : 1).map((text): Line => [span(clip(text, size.columns), "warn")]),
  ];
  const room = size.rows - head.length - bottom.length;
  const body = churnLines(churn, ui, size, room);
  const filler: Line[] = Array.from({ length: Math.max(0, room - body.length) }, () => []);
  return [...head, ...body, ...filler, ...bottom].slice(0, size.rows);
}

interface Plan {
  readonly header: readonly Line[];
  readonly page: number;
  readonly detail: boolean;
}

function planScreen(snapshot: Snapshot, ui: TopUi, size: Size): Plan {
  const detail = size.rows >= 16;
  const fixed = 1 + (snapshot.unowned === null ? 0 : 1) + (detail ? 1 : 0) + bottomLines(ui, size).length;
  const header = headerLines(snapshot, ui, size, size.rows - fixed - LEAST_PAGE);
  return { header, detail, page: Math.max(1, size.rows - fixed - header.length) };
}

/* Where not everything fits, the counts by state go first, then the figures; the verdict and the caveats stay. */
function headerLines(snapshot: Snapshot, ui: TopUi, { columns }: Size, budget: number): Line[] {
  const title = titleLine(snapshot, ui, columns);
  const verdict = health(snapshot);
  const judged = (most: number): Line[] => wrap(verdict.text, columns, most).map((text) => [span(text, verdict.style)]);
  const notes = caveats(snapshot);
  if (snapshot.unowned !== null) notes.push(UNOWNED_NOTE);
  const noted = notes.flatMap((text) => wrap(text, columns, 3)).map((text) => [span(text, "warn")]);
  const numbers = flow([...figures(snapshot), ...choices(ui)], columns);
  for (const group of pollFigures(snapshot)) numbers.push(...flow(group, columns));
  const states = flow(stateCounts(snapshot), columns);
  const whole = judged(4);
  const layouts: Line[][] = [
    [title, ...whole, ...numbers, ...states, ...noted, []],
    [title, ...whole, ...numbers, ...states, ...noted],
    [title, ...whole, ...numbers, ...noted],
    [title, ...whole, ...noted],
  ];
  const fits = layouts.find((lines) => lines.length <= budget);
  if (fits !== undefined) return fits;
  const brief: Line[] = notes.length === 0 ? [] : [[span(clip(notes.join("; "), columns), "warn")]];
  return [title, ...judged(Math.max(1, budget - 1 - brief.length)), ...brief].slice(0, Math.max(1, budget));
}

function titleLine(snapshot: Snapshot, ui: TopUi, columns: number): Line {
  const badge =
    ui.paused === null
      ? []
      : [span(` PAUSED ${duration(ui.paused.ms)} (+${count(ui.paused.transitions)}) `, "inverse"), span(" ")];
  const title = [
    span("tcptrace top", "bold"),
    span(`  ${clock(snapshot.wallMs)}  `),
    span(sourceText(snapshot), "dim"),
  ];
  return clipLine([...badge, ...title], columns);
}

function choices(ui: TopUi): Span[] {
  const sort = COLUMNS.find(({ id }) => id === ui.sort)?.title ?? "most guilty";
  const spans = [
    span(`sort ${sort}${ui.reverse ? " reversed" : ""}`, "dim"),
    span(`every ${setting(ui.intervalMs)}`, "dim"),
  ];
  if (ui.filter !== "") spans.push(span(`filter ${safeText(ui.filter)}`, "warn"));
  return spans;
}

function bodyLines(
  snapshot: Snapshot,
  rows: readonly ProcessRow[],
  ui: TopUi,
  size: Size,
  page: number,
  userName: UserName,
): Line[] {
  const cursor = cursorIndex(
    rows.map(({ pid }) => pid),
    ui,
  );
  const first = Math.max(0, Math.min(cursor - Math.floor(page / 2), rows.length - page));
  const shown: Row[] = rows.slice(first, first + page);
  const unowned = snapshot.unowned === null ? [] : [unownedRow(snapshot.unowned)];
  const placed = placeColumns([...shown, ...unowned], size.columns - 1, userName);
  const lines = [headingLine(placed, ui)];
  for (const [index, row] of shown.entries()) lines.push(rowLine(placed, row, first + index === cursor, userName));
  if (rows.length === 0) lines.push([span(noRows(snapshot, ui))]);
  for (const row of unowned) lines.push(rowLine(placed, row, false, userName));
  return lines.map((line) => clipLine(line, size.columns));
}

function noRows(snapshot: Snapshot, ui: TopUi): string {
  if (snapshot.processes.length === 0) return emptyText(snapshot);
  return `no process matches ${safeText(ui.filter)} (Esc clears the filter)`;
}

function headingLine(placed: readonly Placed[], ui: TopUi): Line {
  const line: Span[] = [];
  for (const { column, columns } of placed) {
    const sorted = column.id === (ui.sort ?? "stuck");
    const mark = sorted ? (ui.reverse ? "▲" : "▼") : "";
    line.push(span(" "), span(fit(column.title + mark, columns, column.align), sorted ? "bold" : "dim"));
  }
  return line;
}

/* The cursor is a `>` as well as a colour, for screens that show none. */
function rowLine(placed: readonly Placed[], row: Row, cursor: boolean, userName: UserName): Line {
  const line: Span[] = [];
  for (const [index, { column, columns }] of placed.entries()) {
    const text = fit(column.cell(row, columns, userName), columns, column.align);
    line.push(span(index === 0 && cursor ? ">" : " ", cursor ? "inverse" : "plain"));
    line.push(span(text, cursor ? "inverse" : (column.style?.(row) ?? "plain")));
  }
  return line;
}

function detailLines(rows: readonly ProcessRow[], ui: TopUi, { columns }: Size): Line[] {
  const row =
    rows[
      cursorIndex(
        rows.map(({ pid }) => pid),
        ui,
      )
    ];
  if (row === undefined) return [[]];
  return [clipLine([span(`pid ${row.pid}: `, "bold"), span(row.cmdline || row.comm)], columns)];
}

function bottomLines(ui: TopUi, { columns }: Size): Line[] {
  const lines: Line[] = ui.status === "" ? [] : [clipLine([span(safeText(ui.status), "warn")], columns)];
  if (!ui.typing) return [...lines, hintLine(keymapOf(ui), columns)];
  const hint = "  Enter keeps, Esc clears";
  const filter = safeText(ui.filter);
  /* The end of the filter is where the typing is: what does not fit goes off on the left. */
  const room = columns - width(hint) - 2;
  const tail = width(filter) <= room ? filter : filter.slice(-room);
  return [...lines, clipLine([span("/", "bold"), span(`${tail}_`, "bold"), span(hint, "dim")], columns)];
}

function tooSmall({ columns, rows }: Size): Frame {
  const text = `terminal too small: ${columns}x${rows}, needs ${LEAST.columns}x${LEAST.rows} (q quits)`;
  return wrap(text, Math.max(1, columns), Math.max(1, rows)).map((line) => [span(line)]);
}
