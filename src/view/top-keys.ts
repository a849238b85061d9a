import { COLUMNS, type ColumnId } from "./columns.ts";
import type { Binding, Pressed, TopList } from "./key-binding.ts";
import { PLAYER_KEYMAP, typeMoment } from "./player-keys.ts";
import { cursorIndex } from "./top-rows.ts";
import type { TopUi, TopView } from "./top-ui.ts";

const INTERVALS = [250, 500, 1000, 2000, 5000, 10_000];
const SORTS: readonly (ColumnId | null)[] = [null, ...COLUMNS.map(({ id }) => id)];

/** Every key, what it does, and its help. No key here kills or changes anything but the view. */
export const KEYMAP: readonly Binding[] = [
  { keys: ["q", "f10", "C-c"], label: "q F10 ^C", help: "quit", hint: "quit", press: (ui) => ({ ui, effect: "quit" }) },
  {
    keys: ["?", "h", "f1"],
    label: "? h F1",
    help: "this help",
    hint: "help",
    press: (ui) => ({ ui: { ...ui, help: 0 } }),
  },
  { keys: ["1"], label: "1", help: "processes and their sockets", press: (ui) => show(ui, "processes") },
  {
    keys: ["3"],
    label: "3",
    help: "TIME_WAIT, and the ports that are left",
    hint: "TIME_WAIT",
    press: (ui) => show(ui, "timeWait"),
  },
  {
    keys: ["tab"],
    label: "Tab",
    help: "the next view",
    press: (ui) => show(ui, ui.view === "processes" ? "timeWait" : "processes"),
  },
  { keys: ["up", "k"], label: "up k", help: "one process up", press: (ui, list) => move(ui, list, -1) },
  { keys: ["down", "j"], label: "down j", help: "one process down", press: (ui, list) => move(ui, list, 1) },
  { keys: ["pageup", "C-b"], label: "PgUp ^B", help: "a page up", press: (ui, list) => move(ui, list, -list.page) },
  { keys: ["pagedown", "C-f"], label: "PgDn ^F", help: "a page down", press: (ui, list) => move(ui, list, list.page) },
  {
    keys: ["g", "home"],
    label: "g Home",
    help: "to the first",
    press: (ui) => ({ ui: { ...ui, pid: null, index: 0 } }),
  },
  { keys: ["G", "end"], label: "G End", help: "to the last", press: (ui, list) => move(ui, list, list.pids.length) },
  { keys: ["s", ">"], label: "s >", help: "sort by the next column", hint: "sort", press: (ui) => sortBy(ui, 1) },
  { keys: ["<"], label: "<", help: "sort by the column before", press: (ui) => sortBy(ui, -1) },
  {
    keys: ["r"],
    label: "r",
    help: "reverse the order",
    hint: "reverse",
    press: (ui) => ({ ui: { ...ui, reverse: !ui.reverse } }),
  },
  {
    keys: ["/"],
    label: "/",
    help: "filter by command or pid (Enter keeps it, Esc clears it)",
    hint: "filter",
    press: (ui) => ({ ui: { ...ui, typing: true } }),
  },
  { keys: ["escape"], label: "Esc", help: "clear the filter", press: (ui) => ({ ui: { ...ui, filter: "" } }) },
  { keys: ["p", "space"], label: "p space", help: "pause the picture; tracing goes on", hint: "pause", press: pause },
  { keys: ["+", "="], label: "+", help: "draw less often (up to 10s)", press: (ui) => interval(ui, 1) },
  { keys: ["-"], label: "-", help: "draw more often (down to 250ms)", press: (ui) => interval(ui, -1) },
  { keys: ["C-l"], label: "^L", help: "draw the screen anew", press: (ui) => ({ ui, effect: "redraw" }) },
  { keys: ["C-z"], label: "^Z", help: "suspend (fg comes back)", press: (ui) => ({ ui, effect: "suspend" }) },
];

/** The keys that mean something now: those of the player first, where a recording is shown. */
export function keymapOf({ player }: TopUi): readonly Binding[] {
  if (player === null) return KEYMAP;
  const taken = new Set(PLAYER_KEYMAP.flatMap(({ keys }) => keys));
  const [quit, help, ...others] = KEYMAP.filter(({ keys }) => !keys.some((key) => taken.has(key)));
  return [quit, help, ...PLAYER_KEYMAP, ...others].filter((binding) => binding !== undefined);
}

/** What a key makes of the state. A key that means nothing changes nothing. */
export function pressKey(ui: TopUi, key: string, list: TopList): Pressed {
  const binding = keymapOf(ui).find(({ keys }) => keys.includes(key));
  const always = key === "C-c" || key === "f10" || key === "C-z" || key === "C-l";
  if (binding !== undefined && always) return binding.press(ui, list);
  if (ui.help !== null) return { ui: { ...ui, help: helpScroll(ui.help, key) } };
  if (ui.player !== null && ui.player.typed !== null) return typeMoment(ui, ui.player.typed, key);
  if (ui.typing) return type(ui, key, list, binding);
  return binding?.press(ui, list) ?? { ui };
}

function helpScroll(at: number, key: string): number | null {
  if (["?", "h", "f1", "escape", "q"].includes(key)) return null;
  if (key === "down" || key === "j") return Math.min(at + 1, KEYMAP.length + PLAYER_KEYMAP.length);
  return key === "up" || key === "k" ? Math.max(at - 1, 0) : at;
}

function type(ui: TopUi, key: string, list: TopList, binding: Binding | undefined): Pressed {
  if (key === "escape") return { ui: { ...ui, filter: "", typing: false } };
  if (key === "enter") return { ui: { ...ui, typing: false } };
  if (key === "backspace") return { ui: { ...ui, filter: ui.filter.slice(0, -1) } };
  const char = key === "space" ? " " : key;
  if (char.length === 1 && char >= " " && ui.filter.length < 60) return { ui: { ...ui, filter: ui.filter + char } };
  const moves = ["up", "down", "pageup", "pagedown", "home", "end"].includes(key);
  return moves && binding !== undefined ? binding.press(ui, list) : { ui };
}

function show(ui: TopUi, view: TopView): Pressed {
  return { ui: { ...ui, view, pid: null, index: 0 } };
}

function move(ui: TopUi, list: TopList, by: number): Pressed {
  const index = Math.max(0, Math.min(cursorIndex(list.pids, ui) + by, list.pids.length - 1));
  return { ui: { ...ui, index, pid: list.pids[index] ?? null } };
}

function sortBy(ui: TopUi, by: number): Pressed {
  const next = (SORTS.indexOf(ui.sort) + by + SORTS.length) % SORTS.length;
  return { ui: { ...ui, sort: SORTS[next] ?? null } };
}

function pause(ui: TopUi): Pressed {
  return { ui: { ...ui, paused: ui.paused === null ? { ms: 0, transitions: 0 } : null } };
}

function interval(ui: TopUi, by: 1 | -1): Pressed {
  const steps = by > 0 ? INTERVALS : INTERVALS.toReversed();
  const next = steps.find((ms) => (ms - ui.intervalMs) * by > 0);
  return { ui: { ...ui, intervalMs: next ?? ui.intervalMs } };
}
