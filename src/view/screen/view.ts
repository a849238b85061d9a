import type { Line, Size } from "../format/frame.ts";
import type { UserName } from "../format/table.ts";
import type { Binding } from "../state/key-binding.ts";
import type { Question } from "../state/question.ts";
import type { TopData } from "../state/top-data.ts";
import type { TopList } from "../state/top-list.ts";
import type { Level, Place, TopUi } from "../state/top-ui.ts";

/** All input of a frame. */
export interface Scene {
  readonly data: TopData;
  readonly ui: TopUi;
  /** The level that is on the screen. */
  readonly level: Level;
  readonly size: Size;
  readonly userName: UserName;
}

/** A view: what it asks of the model, how it is drawn below the header, and what its keys do. */
export interface View {
  /** For the help: what the view shows, in a sentence or two. */
  readonly about: string;
  /** What it needs besides the snapshot, the findings and the messages, which every view has. */
  readonly question?: Question<object>;
  /** Its sort columns. */
  readonly sorts: (ui: TopUi) => readonly { readonly id: string; readonly title: string }[];
  /** Its order when no sort column is chosen: `worst first`. */
  readonly order: string;
  /** Keys that work only here. */
  readonly keys?: readonly Omit<Binding, "isOn">[];
  /** What the user chose with those keys, shown in the header. */
  readonly choices?: (ui: TopUi) => readonly string[];
  /** A text: keys scroll it, and there is nothing to filter. */
  readonly isText?: true;
  /** Enter does nothing. */
  readonly isEnd?: true;
  /** The header shows its charts above this view. */
  readonly hasCharts?: true;
  /** New rows keep arriving at the end: the view follows them until the user moves the cursor. */
  readonly isStream?: true;
  /** Its rows, with `rows` lines to draw them on. */
  readonly list: (scene: Scene, rows: number) => TopList;
  /** At most `rows` lines. */
  readonly body: (scene: Scene, rows: number) => readonly Line[];
  /** The row under the cursor, or the text shown, as one line for the clipboard; null when there is none. */
  readonly copy: (scene: Scene) => string | null;
}

/** A view that is opened from another. */
export interface OpenedView extends View {
  /** Its name in the path of opened views. */
  readonly title: (place: Place, data: TopData) => string;
}

/** A view with a key of its own. */
export interface Tab extends View {
  /** In places and in settings files. */
  readonly id: string;
  readonly name: string;
  /** Help for its key. */
  readonly help: string;
  /** Shown beside its name unless 0. */
  readonly count?: (data: TopData) => number;
}
