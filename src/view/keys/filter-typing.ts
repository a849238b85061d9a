import { parseFilter } from "../../model/filter/parse-filter.ts";
import type { Binding, Pressed } from "../state/key-binding.ts";
import type { TopList } from "../state/top-list.ts";
import type { TopUi } from "../state/top-ui.ts";

const LONGEST = 500;
const MOVES = new Set(["up", "down", "pageup", "pagedown", "home", "end"]);

export function isTyping({ filter }: TopUi): boolean {
  return filter.typed !== null;
}

/** A key while the filter is typed. A valid filter applies at once; while it is invalid, the last valid one applies. */
export function typeFilter(ui: TopUi, key: string, list: TopList, binding: Binding | undefined): Pressed {
  const typed = ui.filter.typed ?? "";
  if (key === "escape") return { ui: { ...ui, filter: { text: "", typed: null, error: "" } } };
  if (key === "enter" || key === "return") {
    // An invalid filter stays open for editing.
    return ui.filter.error === "" ? { ui: { ...ui, filter: { ...ui.filter, typed: null } } } : { ui };
  }
  if (key === "backspace") return { ui: withTyped(ui, typed.slice(0, -1)) };
  if (key === "C-u") return { ui: withTyped(ui, "") };
  const char = key === "space" ? " " : key;
  if (char.length === 1 && char >= " " && typed.length < LONGEST) return { ui: withTyped(ui, typed + char) };
  return MOVES.has(key) && binding !== undefined ? binding.press(ui, list) : { ui };
}

function withTyped(ui: TopUi, typed: string): TopUi {
  const parsed = parseFilter(typed);
  if (!parsed.ok) return { ...ui, filter: { ...ui.filter, typed, error: parsed.error } };
  return { ...ui, filter: { text: typed.trim(), typed, error: "" } };
}
