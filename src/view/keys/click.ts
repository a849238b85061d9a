import type { Frame } from "../format/frame.ts";
import { type TopList, cursorIndex } from "../state/top-list.ts";
import { type TopUi, levelOf, withLevel } from "../state/top-ui.ts";

/** A click on line `y` moves the cursor to that row: each row is one line, counted from the line with the `>`. */
export function click(ui: TopUi, list: TopList, frame: Frame, y: number): TopUi {
  if (list.isText || ui.help !== null) return ui;
  const cursorLine = frame.findIndex(([first]) => first?.text.startsWith(">"));
  if (cursorLine < 0) return ui;
  const cursor = cursorIndex(list, levelOf(ui));
  const index = cursor + y - cursorLine;
  const key = index >= 0 && index < list.length && Math.abs(index - cursor) < list.page ? list.keyAt(index) : null;
  return key === null ? ui : withLevel(ui, { index, key, isFollowing: false });
}
