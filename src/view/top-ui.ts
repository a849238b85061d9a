import type { ColumnId } from "./columns.ts";
import type { PlayerUi } from "./player-ui.ts";

/** What fills the screen below the title. */
export type TopView = "processes" | "timeWait";

/** What the person at the keyboard has chosen. Plain data: `pressKey` makes the next one, `topFrame` draws it. */
export interface TopUi {
  readonly view: TopView;
  /** The process under the cursor; null until someone moves, then the cursor stays on the first row. */
  readonly pid: number | null;
  /** Where that process was last, for when it is gone. */
  readonly index: number;
  /** Null: most guilty first, as the snapshot comes. */
  readonly sort: ColumnId | null;
  readonly reverse: boolean;
  readonly filter: string;
  /** The filter is being typed: keys are text. */
  readonly typing: boolean;
  /** First line of the help on the screen; null when it is closed. */
  readonly help: number | null;
  /** How far the picture is behind the tracing; null when it follows. */
  readonly paused: { readonly ms: number; readonly transitions: number } | null;
  readonly intervalMs: number;
  /** Null when the view is live. */
  readonly player: PlayerUi | null;
  /** One line from the program, such as a warning; "" for none. */
  readonly status: string;
}

/** The state at the start. */
export function initialUi(intervalMs: number): TopUi {
  return {
    view: "processes",
    pid: null,
    index: 0,
    sort: null,
    reverse: false,
    filter: "",
    typing: false,
    help: null,
    paused: null,
    player: null,
    intervalMs,
    status: "",
  };
}
