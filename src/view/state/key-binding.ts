import type { PlayerCommand } from "./player-ui.ts";
import type { TopList } from "./top-list.ts";
import type { TopUi } from "./top-ui.ts";

/** What the program does for a key, besides drawing. */
export type Effect = "quit" | "redraw" | "suspend" | "zero" | "write" | "record" | "copy" | "theme" | "mouse" | "save";

export interface Pressed {
  readonly ui: TopUi;
  readonly effect?: Effect;
  /** For the player of a recording. */
  readonly command?: PlayerCommand;
}

export interface Binding {
  /** Key names as the terminal reports them. */
  readonly keys: readonly string[];
  /** The same for people. */
  readonly label: string;
  readonly help: string;
  /** Word for the bottom line; absent for less useful keys. */
  readonly hint?: string;
  /** Whether the key works now; absent: always. */
  readonly isOn?: (ui: TopUi) => boolean;
  readonly press: (ui: TopUi, list: TopList) => Pressed;
}
