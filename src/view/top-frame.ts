import { safeText } from "../base/text.ts";
import { clip, width, wrap } from "./format/format.ts";
import { type Frame, type Line, type Size, clipLine, span } from "./format/frame.ts";
import type { UserName } from "./format/table.ts";
import { isTyping } from "./keys/filter-typing.ts";
import { helpFrame, hintLine } from "./keys/top-help.ts";
import { keymapOf } from "./keys/top-keys.ts";
import { headerLines } from "./screen/top-header.ts";
import type { Scene } from "./screen/view.ts";
import { isFirstTab, viewAt } from "./screen/views.ts";
import type { TopData } from "./state/top-data.ts";
import { NO_LIST, type TopList } from "./state/top-list.ts";
import { type TopUi, levelOf } from "./state/top-ui.ts";

const LEAST: Size = { columns: 40, rows: 10 };
/** Lines that the header leaves to the first view, and the share of the screen that it leaves to any other. */
const LEAST_BODY = 3;
const BODY_SHARE = 0.6;

const nameless: UserName = () => undefined;

/** Draws the screen. Only the rows around the cursor are laid out, however many there are. */
export function topFrame(data: TopData, ui: TopUi, size: Size, userName: UserName = nameless): Frame {
  if (size.columns < LEAST.columns || size.rows < LEAST.rows) return tooSmall(size);
  const level = levelOf(ui);
  const view = viewAt(level.place);
  if (ui.help !== null) return helpFrame(view.about, keymapOf(ui), ui.help, size);
  const bottom = bottomLines(ui, size);
  if (data.snapshot === null) return [[span("tcptrace top", "bold")], [], [span("starting...")], [], ...bottom];
  const scene = { data, ui, level, size, userName };
  const header = headerOf(scene, bottom.length);
  const rows = size.rows - header.length - bottom.length;
  const body = view.body(scene, rows).slice(0, rows);
  const filler: Line[] = Array.from({ length: rows - body.length }, () => []);
  return [...header, ...body, ...filler, ...bottom].map((line) => clipLine(line, size.columns));
}

/** What keys need to know about the screen. */
export function topList(data: TopData, ui: TopUi, size: Size): TopList {
  if (data.snapshot === null) return NO_LIST;
  const scene = { data, ui, level: levelOf(ui), size, userName: nameless };
  const bottom = bottomLines(ui, size).length;
  return viewAt(scene.level.place).list(scene, Math.max(1, size.rows - headerOf(scene, bottom).length - bottom));
}

/** What `y` copies; null when there is nothing under the cursor. */
export function copyText(data: TopData, ui: TopUi, size: Size): string | null {
  const level = levelOf(ui);
  return viewAt(level.place).copy({ data, ui, level, size, userName: nameless });
}

function headerOf(scene: Scene, bottom: number): readonly Line[] {
  const { data, size, level } = scene;
  const least = isFirstTab(level.place) ? LEAST_BODY : Math.ceil(size.rows * BODY_SHARE);
  return data.snapshot === null ? [] : headerLines(scene, data.snapshot, size.rows - bottom - least);
}

function bottomLines(ui: TopUi, { columns }: Size): Line[] {
  const lines: Line[] = ui.status === "" ? [] : [clipLine([span(safeText(ui.status), "warn")], columns)];
  if (!isTyping(ui)) return [...lines, hintLine(keymapOf(ui), columns)];
  if (ui.filter.error !== "") lines.push([span(clip(safeText(ui.filter.error), columns), "bad")]);
  const hint = "  Enter keeps, Esc clears";
  const filter = safeText(ui.filter.typed ?? "");
  /* The user types at the end of the filter, so a long one is cut on the left. */
  const room = columns - width(hint) - 2;
  const tail = width(filter) <= room ? filter : filter.slice(-room);
  return [...lines, clipLine([span("/", "bold"), span(`${tail}_`, "bold"), span(hint, "dim")], columns)];
}

function tooSmall({ columns, rows }: Size): Frame {
  const text = `terminal too small: ${columns}x${rows}, needs ${LEAST.columns}x${LEAST.rows} (q quits)`;
  return wrap(text, Math.max(1, columns), Math.max(1, rows)).map((line) => [span(line)]);
}
