import { span } from "../format/frame.ts";
import { type Table, tableLines } from "../format/table.ts";
import type { Scene, View } from "./view.ts";
import type { TopData } from "../state/top-data.ts";
import { NO_LIST, type TopList, cursorIndex, firstOfPage } from "../state/top-list.ts";
import type { Place } from "../state/top-ui.ts";

/** Ordered rows; only those on the screen need to be built. */
export interface Rows<Row> {
  readonly length: number;
  readonly slice: (from: number, to: number) => readonly Row[];
  /** Identifies a row, whatever its index. */
  readonly keyAt: (index: number) => string | null;
  /** -1 when there is no such row. */
  readonly indexOf: (key: string) => number;
}

export function rowsOf<Row>(rows: readonly Row[], keyOf: (row: Row, index: number) => string): Rows<Row> {
  return {
    length: rows.length,
    slice: (from, to) => rows.slice(from, to),
    keyAt: (index) => {
      const row = rows[index];
      return row === undefined ? null : keyOf(row, index);
    },
    indexOf: (key) => rows.findIndex((row, index) => keyOf(row, index) === key),
  };
}

/** The list of these rows; `page` of them are shown at once. */
export function listOf<Row>(rows: Rows<Row>, page: number, opens: (row: Row, key: string) => Place | null): TopList {
  return {
    length: rows.length,
    keyAt: rows.keyAt,
    indexOf: rows.indexOf,
    page: Math.max(1, page),
    opens: (index) => {
      const [row] = rows.slice(index, index + 1);
      const key = rows.keyAt(index);
      return row === undefined || key === null ? null : opens(row, key);
    },
    isText: false,
  };
}

interface TableSpec<Answer, Row> {
  /** What the view shows; null while the answer is missing. */
  readonly answerIn: (data: TopData) => Answer | null;
  readonly rows: (answer: Answer, scene: Scene) => Rows<Row>;
  readonly table: (answer: Answer, scene: Scene) => Table<Row>;
  /** The sort column until the user chooses one. */
  readonly sortedBy?: string;
  readonly isStream?: true;
  /** The place that Enter opens; null for none. */
  readonly opens: (row: Row, key: string, scene: Scene) => Place | null;
  /** The row as one line of text, for the clipboard. */
  readonly copy: (row: Row, answer: Answer) => string;
  /** Shown below the heading when there are no rows. */
  readonly empty: (scene: Scene) => string;
}

/** The rows and keys of a view that is one table. */
export function tableView<Answer, Row>(spec: TableSpec<Answer, Row>): Pick<View, "list" | "body" | "copy"> {
  const listIn = (rows: Rows<Row>, scene: Scene, lines: number): TopList => {
    const list = listOf(rows, lines - 1, (row, key) => spec.opens(row, key, scene));
    return spec.isStream && scene.level.isFollowing ? { ...list, cursor: Math.max(0, rows.length - 1) } : list;
  };
  return {
    list: (scene, lines) => {
      const answer = spec.answerIn(scene.data);
      return answer === null ? NO_LIST : listIn(spec.rows(answer, scene), scene, lines);
    },
    body: (scene, lines) => {
      const { data, level, size, userName } = scene;
      const answer = spec.answerIn(data);
      if (answer === null) return [];
      const rows = spec.rows(answer, scene);
      const list = listIn(rows, scene, lines);
      const cursor = cursorIndex(list, level);
      const first = firstOfPage(cursor, list.length, list.page);
      const shown = rows.slice(first, first + list.page);
      const sorting = { sort: level.sort ?? spec.sortedBy ?? null, reverse: level.reverse };
      const view = { table: spec.table(answer, scene), rows: shown, cursor: cursor - first, userName, ...sorting };
      const body = tableLines(view, size.columns);
      return shown.length > 0 ? body : [...body, [span(spec.empty(scene))]];
    },
    copy: (scene) => {
      const answer = spec.answerIn(scene.data);
      if (answer === null) return null;
      const rows = spec.rows(answer, scene);
      const cursor = cursorIndex(listIn(rows, scene, 2), scene.level);
      const [row] = rows.slice(cursor, cursor + 1);
      return row === undefined ? null : spec.copy(row, answer);
    },
  };
}
