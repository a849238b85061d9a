import type { Line, Size } from "../format/frame.ts";
import type { UserName } from "../format/table.ts";
import type { TopData } from "../state/top-data.ts";
import type { TopList } from "../state/top-list.ts";
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
