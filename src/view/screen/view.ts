import type { Line, Size } from "../format/frame.ts";
import type { UserName } from "../format/table.ts";
import type { Binding } from "../state/key-binding.ts";
import type { Question } from "../state/question.ts";
import type { TopData } from "../state/top-data.ts";
import type { TopList } from "../state/top-list.ts";
import type { Level, Place, TopUi } from "../state/top-ui.ts";

/** Everything that a picture is drawn from. */
export interface Scene {
  readonly data: TopData;
  readonly ui: TopUi;
  /** The level that is on the screen. */
  readonly level: Level;
  readonly size: Size;
  readonly userName: UserName;
}

/** What can be at a place: what it asks of the model, how it is drawn below the header, and what keys do there. */
export interface View {
  /** For the help: what is to be seen here, a sentence or two. */
  readonly about: string;
  /** What it shows besides the snapshot, the findings and the messages, which are always there. */
  readonly question?: Question<object>;
  /** The columns that it can be sorted by. */
  readonly sorts: (ui: TopUi) => readonly { readonly id: string; readonly title: string }[];
  /** What it is sorted by, when it is by no column: `most guilty`. */
  readonly order: string;
  /** Keys that mean something only here. */
  readonly keys?: readonly Omit<Binding, "isOn">[];
  /** What was chosen by those keys, for the header. */
  readonly choices?: (ui: TopUi) => readonly string[];
  /** A text to be read: keys scroll it, and there is nothing to filter. */
  readonly isText?: true;
  /** Enter leads nowhere. */
  readonly isEnd?: true;
  /** The header has its charts above it. */
  readonly hasCharts?: true;
  /** Rows keep coming, the newest last: it follows them until the cursor is moved, and stands still from then on. */
  readonly isStream?: true;
  /** Its rows, where `rows` lines are there to draw them. */
  readonly list: (scene: Scene, rows: number) => TopList;
  /** At most so many lines. */
  readonly body: (scene: Scene, rows: number) => readonly Line[];
  /** The row under the cursor, or what is shown, as one line to be pasted; null when there is none. */
  readonly copy: (scene: Scene) => string | null;
}

/** A view that is opened from another. */
export interface OpenedView extends View {
  /** Its name in the path that led to it. */
  readonly title: (place: Place, data: TopData) => string;
}

/** A view that a key of its own leads to. */
export interface Tab extends View {
  /** In places and in settings files. */
  readonly id: string;
  readonly name: string;
  /** Of its key. */
  readonly help: string;
  /** Shown beside its name unless it is 0. */
  readonly count?: (data: TopData) => number;
}
