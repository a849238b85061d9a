import { isTyping, typeFilter } from "./filter-typing.ts";
import { PLAYER_KEYMAP, typeMoment } from "./player-keys.ts";
import { SCREEN_KEYMAP } from "./screen-keys.ts";
import { goBy, goTo } from "../screen/tabs.ts";
import type { View } from "../screen/view.ts";
import { TABS, VIEWS, viewAt } from "../screen/views.ts";
import type { Binding, Pressed } from "../state/key-binding.ts";
import { type TopList, cursorIndex } from "../state/top-list.ts";
import { type TopUi, goInto, levelOf, withLevel } from "../state/top-ui.ts";

const INTERVALS = [250, 500, 1000, 2000, 5000, 10_000];
/** Keys that work in every mode. */
const ALWAYS = new Set(["C-c", "f10", "C-z", "C-l"]);

const viewOn = (ui: TopUi): View => viewAt(levelOf(ui).place);
const isList = (ui: TopUi): boolean => !viewOn(ui).isText;
const isSortable = (ui: TopUi): boolean => viewOn(ui).sorts(ui).length > 0;
const hasMore = (ui: TopUi): boolean => !viewOn(ui).isEnd;
const isDeep = (ui: TopUi): boolean => ui.deeper.length > 0;
const isLive = (ui: TopUi): boolean => ui.player === null;

/** Every key, what it does, and its help, most useful first. No key kills or changes anything but the view. */
export const KEYMAP: readonly Binding[] = [
  { keys: ["q", "f10", "C-c"], label: "q F10 ^C", help: "quit", hint: "quit", press: (ui) => ({ ui, effect: "quit" }) },
  {
    keys: ["?", "h", "f1"],
    label: "? h F1",
    help: "help for the current view",
    hint: "help",
    press: (ui) => ({ ui: { ...ui, help: 0 } }),
  },
  {
    keys: ["enter"],
    label: "Enter",
    help: "open: the sockets of a process, the history of a socket, the advice of a finding",
    hint: "open",
    isOn: hasMore,
    press: open,
  },
  {
    keys: ["escape", "backspace"],
    label: "Esc",
    help: "go back; at the top level, clear the filter",
    hint: "back",
    isOn: (ui) => isDeep(ui) || ui.filter.text !== "",
    press: back,
  },
  ...tabBindings(),
  { keys: ["tab"], label: "Tab", help: "next view", hint: "next view", press: (ui) => ({ ui: goBy(ui, 1) }) },
  { keys: ["S-tab"], label: "Shift-Tab", help: "previous view", press: (ui) => ({ ui: goBy(ui, -1) }) },
  { keys: ["up", "k"], label: "up k", help: "one row up", press: (ui, list) => move(ui, list, -1) },
  { keys: ["down", "j"], label: "down j", help: "one row down", press: (ui, list) => move(ui, list, 1) },
  { keys: ["pageup", "C-b"], label: "PgUp ^B", help: "a page up", press: (ui, list) => move(ui, list, -list.page) },
  { keys: ["pagedown", "C-f"], label: "PgDn ^F", help: "a page down", press: (ui, list) => move(ui, list, list.page) },
  {
    keys: ["g", "home"],
    label: "g Home",
    help: "first row",
    press: (ui) => ({ ui: withLevel(ui, { key: null, index: 0, isFollowing: false }) }),
  },
  { keys: ["G", "end"], label: "G End", help: "last row", press: (ui, list) => move(ui, list, list.length) },
  {
    keys: ["s", ">"],
    label: "s >",
    help: "sort by the next column",
    hint: "sort",
    isOn: isSortable,
    press: (ui) => sortBy(ui, 1),
  },
  { keys: ["<"], label: "<", help: "sort by the previous column", isOn: isSortable, press: (ui) => sortBy(ui, -1) },
  {
    keys: ["r"],
    label: "r",
    help: "reverse the order",
    isOn: isSortable,
    press: (ui) => ({ ui: withLevel(ui, { reverse: !levelOf(ui).reverse }) }),
  },
  {
    keys: ["/"],
    label: "/",
    help: "filter as with --filter: proc:api dport:443 !state:listen age:>60s; a bare word means proc: (Enter keeps, Esc clears)",
    hint: "filter",
    isOn: isList,
    press: (ui) => ({ ui: { ...ui, filter: { ...ui.filter, typed: ui.filter.text, error: "" } } }),
  },
  { keys: ["p", "space"], label: "p space", help: "pause the display; tracing continues", hint: "pause", press: pause },
  ...viewBindings(),
  {
    keys: ["a"],
    label: "a",
    help: "show only suspicious rows, or all",
    isOn: isList,
    press: (ui) => ({ ui: { ...ui, onlySuspicious: !ui.onlySuspicious } }),
  },
  {
    keys: ["f"],
    label: "f",
    help: "follow the row under the cursor (in live: the newest), or stop following",
    isOn: isList,
    press: follow,
  },
  {
    keys: ["z"],
    label: "z",
    help: "reset counters; again: totals since start",
    press: (ui) => ({ ui, effect: "zero" }),
  },
  {
    keys: ["w"],
    label: "w",
    help: "write the screen to a file, as text and as JSON",
    press: (ui) => ({ ui, effect: "write" }),
  },
  {
    keys: ["e"],
    label: "e",
    help: "start or stop recording to a file",
    isOn: isLive,
    press: (ui) => ({ ui, effect: "record" }),
  },
  {
    keys: ["y"],
    label: "y",
    help: "copy the row under the cursor (OSC 52, works over ssh)",
    press: (ui) => ({ ui, effect: "copy" }),
  },
  {
    keys: ["!"],
    label: "!",
    help: "messages of this run",
    press: (ui) => ({ ui: levelOf(ui).place.kind === "messages" ? ui : goInto(ui, { kind: "messages" }) }),
  },
  { keys: ["+", "="], label: "+", help: "refresh less often (up to 10s)", press: (ui) => interval(ui, 1) },
  { keys: ["-"], label: "-", help: "refresh more often (down to 250ms)", press: (ui) => interval(ui, -1) },
  ...SCREEN_KEYMAP,
  { keys: ["C-l"], label: "^L", help: "redraw the screen", press: (ui) => ({ ui, effect: "redraw" }) },
  { keys: ["C-z"], label: "^Z", help: "suspend (fg resumes)", press: (ui) => ({ ui, effect: "suspend" }) },
];

function tabBindings(): Binding[] {
  return TABS.map(({ id, help }, index) => {
    const key = String(index + 1);
    return { keys: [key], label: key, help, press: (ui) => ({ ui: goTo(ui, id) }) };
  });
}

/** The keys that work in one view only. */
function viewBindings(): Binding[] {
  const bindings: Binding[] = [];
  for (const view of VIEWS) {
    for (const key of view.keys ?? []) bindings.push({ ...key, isOn: (ui) => viewOn(ui) === view });
  }
  return bindings;
}

/** The keys that work now. When a recording is shown, those of the player come first. */
export function keymapOf(ui: TopUi): readonly Binding[] {
  const now = KEYMAP.filter(({ isOn }) => isOn === undefined || isOn(ui));
  if (ui.player === null) return now;
  const taken = new Set(PLAYER_KEYMAP.flatMap(({ keys }) => keys));
  const [quit, help, ...others] = now.filter(({ keys }) => !keys.some((key) => taken.has(key)));
  return [quit, help, ...PLAYER_KEYMAP, ...others].filter((binding) => binding !== undefined);
}

/** The state after a key. An unknown key changes nothing. */
export function pressKey(ui: TopUi, key: string, list: TopList): Pressed {
  const binding = keymapOf(ui).find(({ keys }) => keys.includes(key));
  if (binding !== undefined && ALWAYS.has(key)) return binding.press(ui, list);
  if (ui.help !== null) return { ui: { ...ui, help: helpScroll(ui.help, key) } };
  if (ui.player !== null && ui.player.typed !== null) return typeMoment(ui, ui.player.typed, key);
  if (isTyping(ui)) return typeFilter(ui, key, list, binding);
  return binding?.press(ui, list) ?? { ui };
}

function helpScroll(at: number, key: string): number | null {
  if (["?", "h", "f1", "escape", "q"].includes(key)) return null;
  if (key === "down" || key === "j") return Math.min(at + 1, 2 * (KEYMAP.length + PLAYER_KEYMAP.length));
  return key === "up" || key === "k" ? Math.max(at - 1, 0) : at;
}

function open(ui: TopUi, list: TopList): Pressed {
  const level = levelOf(ui);
  const index = cursorIndex(list, level);
  const place = list.opens(index);
  if (place === null) return { ui };
  // On return, the cursor is on the row that was opened, even if that row has moved.
  return { ui: goInto(withLevel(ui, { key: list.keyAt(index), index, isFollowing: false }), place) };
}

function back(ui: TopUi): Pressed {
  if (ui.deeper.length > 0) return { ui: { ...ui, deeper: ui.deeper.slice(0, -1) } };
  return { ui: { ...ui, filter: { text: "", typed: null, error: "" } } };
}

function move(ui: TopUi, list: TopList, by: number): Pressed {
  const last = list.isText ? list.length - list.page : list.length - 1;
  const index = Math.max(0, Math.min(cursorIndex(list, levelOf(ui)) + by, last));
  return { ui: withLevel(ui, { index, key: list.keyAt(index), isFollowing: false }) };
}

function sortBy(ui: TopUi, by: number): Pressed {
  const level = levelOf(ui);
  const sorts = [
    null,
    ...viewOn(ui)
      .sorts(ui)
      .map(({ id }) => id),
  ];
  const next = (Math.max(0, sorts.indexOf(level.sort)) + by + sorts.length) % sorts.length;
  return { ui: withLevel(ui, { sort: sorts[next] ?? null }) };
}

function pause(ui: TopUi): Pressed {
  return { ui: { ...ui, paused: ui.paused === null ? { ms: 0, transitions: 0 } : null } };
}

function follow(ui: TopUi, list: TopList): Pressed {
  const level = levelOf(ui);
  const index = cursorIndex(list, level);
  if (level.isFollowing)
    return { ui: withLevel(ui, { isFollowing: false, index, key: list.isText ? null : list.keyAt(index) }) };
  return { ui: withLevel(ui, { isFollowing: true, key: list.keyAt(index), index }) };
}

function interval(ui: TopUi, by: 1 | -1): Pressed {
  const steps = by > 0 ? INTERVALS : INTERVALS.toReversed();
  const next = steps.find((ms) => (ms - ui.intervalMs) * by > 0);
  return { ui: { ...ui, intervalMs: next ?? ui.intervalMs } };
}
