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

/** A place and the user's choices there. */
export interface Level {
  readonly place: Place;
  /** The row under the cursor; null until someone moves, then the cursor stays on the first row. */
  readonly key: string | null;
  /** The last index of that row, used once it is gone. In a text, the first line shown. */
  readonly index: number;
  /** A column's id; null: the view's own order. */
  readonly sort: string | null;
  readonly reverse: boolean;
  /** `f`: the cursor stays on its row; in the live view, on the newest. */
  readonly isFollowing: boolean;
}

export interface FilterUi {
  /** The last valid filter, which applies; "" for none. */
  readonly text: string;
  /** The text being typed; null when keys are commands. */
  readonly typed: string | null;
  /** The error in the typed text; "" for none. */
  readonly error: string;
}

/** The user's choices. Plain data: `pressKey` returns the next state, `topFrame` draws it. */
export interface TopUi {
  /** The id of the current tab. */
  readonly tab: string;
  /** Each tab as it was left, by its id. */
  readonly tabs: Readonly<Record<string, Level>>;
  /** The path of views opened from the tab; the last is on the screen. */
  readonly deeper: readonly Level[];
  readonly filter: FilterUi;
  /** Show only suspicious rows. */
  readonly onlySuspicious: boolean;
  /** How the first view groups sockets; null: by process. */
  readonly grouping: Grouping | null;
  /** First line of the help on the screen; null when it is closed. */
  readonly help: number | null;
  /** How far the paused screen is behind; null when it is not paused. */
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

/** The same state with a change to the current level. */
export function withLevel(ui: TopUi, change: Partial<Level>): TopUi {
  const level = { ...levelOf(ui), ...change };
  if (ui.deeper.length > 0) return { ...ui, deeper: [...ui.deeper.slice(0, -1), level] };
  return { ...ui, tabs: { ...ui.tabs, [ui.tab]: level } };
}

/** The longest path of opened views, as a socket opens its process and so on. */
const DEEPEST = 8;

export function goInto(ui: TopUi, place: Place): TopUi {
  return ui.deeper.length >= DEEPEST ? ui : { ...ui, deeper: [...ui.deeper, levelAt(place)] };
}
