import type { PlayerCommand } from "./player-ui.ts";
import type { TopUi } from "./top-ui.ts";

/** What the program has to do for a key, besides drawing. */
export type Effect = "quit" | "redraw" | "suspend";

export interface Pressed {
  readonly ui: TopUi;
  readonly effect?: Effect;
  /** For the player of a recording. */
  readonly command?: PlayerCommand;
}

/** The processes on the list, in order, and how many of them the screen shows at once. */
export interface TopList {
  readonly pids: readonly number[];
  readonly page: number;
}

export interface Binding {
  /** Names as the terminal gives them. */
  readonly keys: readonly string[];
  /** The same for a reader. */
  readonly label: string;
  readonly help: string;
  /** Word for the bottom line; absent when it is not worth the room. */
  readonly hint?: string;
  readonly press: (ui: TopUi, list: TopList) => Pressed;
}
