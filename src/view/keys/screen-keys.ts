import type { Binding } from "../state/key-binding.ts";

/** Keys for the look of the screen, the mouse, and saving both. */
export const SCREEN_KEYMAP: readonly Binding[] = [
  {
    keys: ["T"],
    label: "T",
    help: "next theme: default, high-contrast, color-blind, mono",
    press: (ui) => ({ ui, effect: "theme" }),
  },
  {
    keys: ["m"],
    label: "m",
    help: "mouse on (wheel scrolls, click selects) or off (the terminal selects text)",
    press: (ui) => ({ ui, effect: "mouse" }),
  },
  {
    keys: ["W"],
    label: "W",
    help: "save these settings: theme, interval, view, order, mouse",
    press: (ui) => ({ ui, effect: "save" }),
  },
];
