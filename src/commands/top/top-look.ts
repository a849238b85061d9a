import type { TopScreen } from "../../terminal/screen.ts";
import { type ThemeName, nextTheme } from "../../view/format/theme-names.ts";

export interface LookOptions {
  readonly color: boolean;
  readonly theme: ThemeName;
  readonly mouse: boolean;
}

/** The theme and the mouse mode of the screen. Each change returns a message. */
export class TopLook {
  readonly #screen: TopScreen;
  readonly #hasColor: boolean;
  theme: ThemeName;
  mouse: boolean;

  constructor(screen: TopScreen, { color, theme, mouse }: LookOptions) {
    this.#screen = screen;
    this.#hasColor = color;
    this.theme = theme;
    this.mouse = mouse;
    if (mouse) screen.setMouse(true);
  }

  nextTheme(): string {
    if (!this.#hasColor) return "colours are off: NO_COLOR or --no-color";
    this.theme = nextTheme(this.theme);
    this.#screen.setTheme(this.theme);
    return `theme ${this.theme} (W saves it)`;
  }

  toggleMouse(): string {
    this.mouse = !this.mouse;
    this.#screen.setMouse(this.mouse);
    return this.mouse ? "mouse on: the wheel moves the cursor, a click selects (m: off)" : "mouse off";
  }
}
