import { formatPlural } from "../../base/quantity.ts";
import { type Line, lineText, span } from "../format/frame.ts";
import type { Scene, View } from "./view.ts";
import { NO_LIST, cursorIndex } from "../state/top-list.ts";
import type { Place } from "../state/top-ui.ts";

interface TextSpec {
  readonly lines: (scene: Scene) => readonly Line[];
  /** The place that Enter opens; without it, Enter does nothing. */
  readonly opens?: (scene: Scene) => Place | null;
}

/** The lines and keys of a view that is a text: keys scroll it. */
export function textView({
  lines,
  opens,
}: TextSpec): Pick<View, "order" | "sorts" | "isText" | "isEnd" | "list" | "body"> {
  const list: View["list"] = (scene, rows) => ({
    ...NO_LIST,
    length: lines(scene).length,
    page: Math.max(1, rows),
    opens: () => opens?.(scene) ?? null,
    isText: true,
  });
  return {
    order: "",
    sorts: () => [],
    isText: true,
    ...(opens === undefined ? { isEnd: true } : {}),
    list,
    body: (scene, rows) => {
      const all = lines(scene);
      const first = cursorIndex(list(scene, rows), scene.level);
      const shown = all.slice(first, first + rows);
      const more = all.length - first - rows;
      if (more <= 0 || rows < 3) return shown;
      return [...shown.slice(0, -1), [span(`${formatPlural(more + 1, "more line")} (down)`, "dim")]];
    },
  };
}

/** The lines as one, for copying. */
export function asOneLine(lines: readonly Line[]): string {
  return lines
    .map((line) => lineText(line).trim())
    .filter((text) => text !== "")
    .join("; ");
}
