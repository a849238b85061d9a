import type { Level, Place } from "./top-ui.ts";

/** What keys need to know about the screen: its rows in order, and how many it shows at once. */
export interface TopList {
  readonly length: number;
  readonly keyAt: (index: number) => string | null;
  /** -1 when there is no such row. */
  readonly indexOf: (key: string) => number;
  readonly page: number;
  /** The place that Enter opens; null for none. */
  readonly opens: (index: number) => Place | null;
  /** The lines of a text: keys scroll, without a cursor. */
  readonly isText: boolean;
  /** Overrides the chosen row: the newest one, while it is followed. */
  readonly cursor?: number;
}

export const NO_LIST: TopList = {
  length: 0,
  keyAt: () => null,
  indexOf: () => -1,
  page: 1,
  opens: () => null,
  isText: false,
};

/** The index of the cursor's row, or its last index if the row is gone. In a text, the first line shown. */
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
