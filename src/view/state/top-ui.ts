import type { Grouping } from "../../model/lists/group.ts";
import type { PlayerUi } from "./player-ui.ts";

/** What is shown below the header: a tab, or what was opened from one. */
export type Place = TabPlace | OpenedPlace;

/** A view with a key of its own, by its id. */
interface TabPlace {
  readonly kind: "tab";
  readonly tab: string;
}

export type OpenedPlace =
  | { readonly kind: "messages" }
  | { readonly kind: "unowned" }
  | { readonly kind: "process"; readonly pid: number; readonly name: string }
  | { readonly kind: "group"; readonly by: Grouping; readonly name: string }
  | { readonly kind: "socket"; readonly id: number }
  | { readonly kind: "finding"; readonly key: string };

/** A place, and what was chosen there. */
export interface Level {
  readonly place: Place;
  /** The row under the cursor; null until someone moves, then the cursor stays on the first row. */
  readonly key: string | null;
  /** Where that row was last, for when it is gone; of a text, the first line that is shown. */
  readonly index: number;
  /** A column's id; null: as the view orders its rows by itself. */
  readonly sort: string | null;
  readonly reverse: boolean;
  /** `f`: the cursor stays with its row; of transitions, with the newest. */
  readonly isFollowing: boolean;
}

export interface FilterUi {
  /** The last one that was valid: it is in force. "" is none. */
  readonly text: string;
  /** What is being typed; null when nothing is: keys are text then. */
  readonly typed: string | null;
  /** What is wrong with what is typed; "" when nothing is. */
  readonly error: string;
}

/** What the person at the keyboard has chosen. Plain data: `pressKey` makes the next one, `topFrame` draws it. */
export interface TopUi {
  /** The id of one. */
  readonly tab: string;
  /** Each tab as it was left, by its id. */
  readonly tabs: Readonly<Record<string, Level>>;
  /** What was opened from the tab, one from the other; the last is on the screen. */
  readonly deeper: readonly Level[];
  readonly filter: FilterUi;
  /** Only what is suspicious. */
  readonly onlySuspicious: boolean;
  /** What the first view puts sockets together by; null: by process. */
  readonly grouping: Grouping | null;
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

export function levelAt(place: Place): Level {
  return { place, key: null, index: 0, sort: null, reverse: false, isFollowing: false };
}

/** The level that is on the screen. */
export function levelOf(ui: TopUi): Level {
  return ui.deeper.at(-1) ?? ui.tabs[ui.tab] ?? levelAt({ kind: "tab", tab: ui.tab });
}

/** The same with something else chosen at the level on the screen. */
export function withLevel(ui: TopUi, change: Partial<Level>): TopUi {
  const level = { ...levelOf(ui), ...change };
  if (ui.deeper.length > 0) return { ...ui, deeper: [...ui.deeper.slice(0, -1), level] };
  return { ...ui, tabs: { ...ui.tabs, [ui.tab]: level } };
}

/** How deep one may go: process, socket, and back to its process and so on. */
const DEEPEST = 8;

export function goInto(ui: TopUi, place: Place): TopUi {
  return ui.deeper.length >= DEEPEST ? ui : { ...ui, deeper: [...ui.deeper, levelAt(place)] };
}
