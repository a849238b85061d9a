import type { Style } from "../view/format/frame.ts";
import type { ThemeName } from "../view/format/theme-names.ts";

/** A style as blessed's attribute number: flags, foreground, background; 0x1ff is the terminal's own colour. */
export type Theme = Readonly<Record<Style, number>>;

const BOLD = 1;
const UNDERLINE = 2;
const INVERSE = 8;
const OWN = 0x1ff;
/* The first eight are set by the user's palette; the others are the same everywhere. */
const RED = 1;
const GREEN = 2;
const YELLOW = 3;
const BLUE = 4;
const CYAN = 6;
const WHITE = 7;
const BRIGHT = 8;
const SKY_BLUE = 75;
const ORANGE = 208;
const AMBER = 220;
const GREY = 245;

/** The theme for a terminal with this many colours; without colour it uses only bold, underline and inverse. */
export function chooseTheme(name: ThemeName, color: boolean, colors: number): Theme {
  if (!color || colors < 8) return MAKERS.mono(colors);
  return MAKERS[name](colors);
}

const PLAIN = {
  plain: attribute(0),
  bold: attribute(BOLD),
  inverse: attribute(INVERSE),
};

const MAKERS: Readonly<Record<ThemeName, (colors: number) => Theme>> = {
  default: (colors) => ({
    ...PLAIN,
    dim: grey(colors),
    warn: attribute(BOLD, YELLOW),
    bad: attribute(BOLD, RED),
    good: attribute(0, GREEN),
  }),
  /* Nothing is dim, and `bad` has a background colour. */
  "high-contrast": (colors) => ({
    ...PLAIN,
    dim: attribute(0),
    warn: attribute(BOLD, bright(YELLOW, colors)),
    bad: attribute(BOLD, bright(WHITE, colors), RED),
    good: attribute(BOLD, bright(GREEN, colors)),
  }),
  /* Everybody can distinguish blue from orange (Okabe and Ito, 2008); `bad` is also underlined. */
  "color-blind": (colors) => ({
    ...PLAIN,
    dim: grey(colors),
    warn: attribute(BOLD, colors >= 256 ? AMBER : YELLOW),
    bad: attribute(BOLD + UNDERLINE, colors >= 256 ? ORANGE : YELLOW),
    good: attribute(0, colors >= 256 ? SKY_BLUE : colors >= 16 ? BLUE + BRIGHT : CYAN),
  }),
  mono: () => ({
    ...PLAIN,
    dim: attribute(0),
    warn: attribute(BOLD),
    bad: attribute(BOLD + UNDERLINE),
    good: attribute(0),
  }),
};

/* Bright black, the usual choice, is the background colour in some palettes. */
function grey(colors: number): number {
  return attribute(0, colors >= 256 ? GREY : OWN);
}

function bright(color: number, colors: number): number {
  return colors >= 16 ? color + BRIGHT : color;
}

function attribute(flags: number, foreground: number = OWN, background: number = OWN): number {
  return (flags << 18) | (foreground << 9) | background;
}
