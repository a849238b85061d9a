import type { Binding } from "../state/key-binding.ts";

/** Keys for how the screen looks and is used, and for keeping that. */
export const SCREEN_KEYMAP: readonly Binding[] = [
  {
    keys: ["T"],
    label: "T",
    help: "the next theme: default, high-contrast, color-blind, mono",
    press: (ui) => ({ ui, effect: "theme" }),
  },
  {
    keys: ["m"],
    label: "m",
    help: "mouse on (the wheel moves, a click selects), and off: then the terminal selects text",
    press: (ui) => ({ ui, effect: "mouse" }),
  },
  {
    keys: ["W"],
    label: "W",
    help: "keep these settings for the next time: theme, interval, view, order, mouse",
    press: (ui) => ({ ui, effect: "save" }),
  },
];
