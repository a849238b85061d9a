import type { Style } from "../view/frame.ts";

/** A style as blessed's attribute number: flags, foreground, background; 0x1ff is the terminal's own colour. */
export type Theme = Readonly<Record<Style, number>>;

const BOLD = 1;
const INVERSE = 8;
const OWN = 0x1ff;
const GREY = 245;

/** The theme for a terminal of so many colours; without colour, bold and inverse have to do. */
export function chooseTheme(color: boolean, colors: number): Theme {
  if (!color || colors < 8) {
    return {
      plain: attribute(0),
      bold: attribute(BOLD),
      dim: attribute(0),
      warn: attribute(BOLD),
      bad: attribute(BOLD),
      good: attribute(0),
      inverse: attribute(INVERSE),
    };
  }
  return {
    plain: attribute(0),
    bold: attribute(BOLD),
    /* Bright black, the usual choice, is the background's colour in some palettes. */
    dim: attribute(0, colors >= 256 ? GREY : OWN),
    warn: attribute(BOLD, 3),
    bad: attribute(BOLD, 1),
    good: attribute(0, 2),
    inverse: attribute(INVERSE),
  };
}

function attribute(flags: number, foreground: number = OWN): number {
  return (flags << 18) | (foreground << 9) | OWN;
}
