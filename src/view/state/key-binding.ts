import type { PlayerCommand } from "./player-ui.ts";
import type { TopList } from "./top-list.ts";
import type { TopUi } from "./top-ui.ts";

/** What the program has to do for a key, besides drawing. */
export type Effect = "quit" | "redraw" | "suspend" | "zero" | "write" | "record" | "copy" | "theme" | "mouse" | "save";

export interface Pressed {
  readonly ui: TopUi;
  readonly effect?: Effect;
  /** For the player of a recording. */
  readonly command?: PlayerCommand;
}

export interface Binding {
  /** Names as the terminal gives them. */
  readonly keys: readonly string[];
  /** The same for a reader. */
  readonly label: string;
  readonly help: string;
  /** Word for the bottom line; absent when it is not worth the room. */
  readonly hint?: string;
  /** Whether it means something now; absent: always. */
  readonly isOn?: (ui: TopUi) => boolean;
  readonly press: (ui: TopUi, list: TopList) => Pressed;
}
