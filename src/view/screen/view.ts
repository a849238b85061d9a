import type { Line, Size } from "../format/frame.ts";
import type { UserName } from "../format/table.ts";
import type { TopList } from "../keys/key-binding.ts";
import type { TopData } from "../state/top-data.ts";
import type { Level, TopUi } from "../state/top-ui.ts";

/** Everything that a picture is drawn from. */
export interface Scene {
  readonly data: TopData;
  readonly ui: TopUi;
  /** The level that is on the screen. */
  readonly level: Level;
  readonly size: Size;
  readonly userName: UserName;
}

/** What can be at a place: how it is drawn below the header, and what keys do there. */
export interface View {
  /** For the help: what is to be seen here, a sentence or two. */
  readonly about: string;
  /** The columns that it can be sorted by. */
  readonly sorts: (ui: TopUi) => readonly { readonly id: string; readonly title: string }[];
  /** What it is sorted by, when it is by no column: `most guilty`. */
  readonly order: string;
  /** Its rows, where `rows` lines are there to draw them. */
  readonly list: (scene: Scene, rows: number) => TopList;
  /** At most so many lines. */
  readonly body: (scene: Scene, rows: number) => readonly Line[];
  /** The row under the cursor, or what is shown, as one line to be pasted; null when there is none. */
  readonly copy: (scene: Scene) => string | null;
}

export const NO_LIST: TopList = {
  length: 0,
  keyAt: () => null,
  indexOf: () => -1,
  page: 1,
  opens: () => null,
  isText: false,
};

/** Where the cursor is: on its row, or where that was before it went away; of a text, the first line shown. */
export function cursorIndex(list: TopList, { key, index }: Level): number {
  if (list.cursor !== undefined) return list.cursor;
  if (list.isText) return Math.max(0, Math.min(index, list.length - list.page));
  const found = key === null ? -1 : list.indexOf(key);
  return found >= 0 ? found : Math.max(0, Math.min(index, list.length - 1));
}

/** The first row of a page with the cursor in its middle. */
export function firstOfPage(cursor: number, length: number, page: number): number {
  return Math.max(0, Math.min(cursor - Math.floor(page / 2), length - page));
}
