import type { PlayerCommand } from "../state/player-ui.ts";
import type { Place, TopUi } from "../state/top-ui.ts";

/** What the program has to do for a key, besides drawing. */
export type Effect = "quit" | "redraw" | "suspend" | "zero" | "write" | "record" | "copy" | "theme" | "mouse" | "save";

export interface Pressed {
  readonly ui: TopUi;
  readonly effect?: Effect;
  /** For the player of a recording. */
  readonly command?: PlayerCommand;
}

/** What keys need to know of what is on the screen: its rows in order, and how many of them it shows at once. */
export interface TopList {
  readonly length: number;
  readonly keyAt: (index: number) => string | null;
  /** -1 when there is no such row. */
  readonly indexOf: (key: string) => number;
  readonly page: number;
  /** Where Enter leads from there; null: nowhere. */
  readonly opens: (index: number) => Place | null;
  /** The lines of a text: there is no cursor, keys scroll. */
  readonly isText: boolean;
  /** Where the cursor is, whatever was chosen: on the newest, while that is followed. */
  readonly cursor?: number;
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
