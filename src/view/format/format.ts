import stringWidth from "string-width";
import { formatDuration } from "../../base/quantity.ts";

/** Characters one column wide: ASCII, our own symbols, bars and braille. */
const NARROW = /^[\x20-\x7e→≤▲▼▁-█\u2800-\u28ff]*$/;
const segmenter = new Intl.Segmenter();

/** Columns that a text takes on the screen. */
export function width(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** The characters of a text as people count them. */
export function graphemes(text: string): string[] {
  return NARROW.test(text) ? text.split("") : Array.from(segmenter.segment(text), (part) => part.segment);
}

/** Cuts a text to `columns`, with a `~` in the last one if anything was cut. */
export function clip(text: string, columns: number): string {
  if (columns <= 0) return "";
  if (width(text) <= columns) return text;
  let kept = "";
  let used = 0;
  for (const grapheme of graphemes(text)) {
    const next = used + width(grapheme);
    if (next > columns - 1) break;
    kept += grapheme;
    used = next;
  }
  return `${kept}~`;
}

/** Cuts or pads a text to exactly `columns`. */
export function fit(text: string, columns: number, align: "left" | "right"): string {
  const cut = clip(text, columns);
  const space = " ".repeat(Math.max(0, columns - width(cut)));
  return align === "left" ? cut + space : space + cut;
}

/** `3m04s`, or `at least 3m04s` if its start was not seen. */
export function age(ms: number, isAtLeast: boolean): string {
  return `${isAtLeast ? "at least " : ""}${formatDuration(ms)}`;
}

/** A share in percent, rounded down, so that `100%` means all; `-` of nothing. */
export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return "-";
  const tenths = Math.floor((part / whole) * 1000) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)}%`;
}

/** `2026-05-01 22:14:07 UTC`; UTC because a view knows no time zone. */
export function clock(wallMs: number): string {
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? "-" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Breaks a text between words into lines of at most `columns`; the last of `most` lines is cut. */
export function wrap(text: string, columns: number, most: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== "" && lines.length < most) {
    if (lines.length === most - 1 || width(rest) <= columns) {
      lines.push(clip(rest, columns));
      break;
    }
    const head = firstWords(rest, columns);
    lines.push(clip(head.trimEnd(), columns));
    rest = rest.slice(head.length).trimStart();
  }
  return lines;
}

function firstWords(text: string, columns: number): string {
  let head = "";
  let used = 0;
  for (const word of text.split(/(?<= )/)) {
    const longer = head + word;
    // A non-ASCII character may combine with the one before it, so the whole text is measured again.
    const isNarrow = NARROW.test(word) && word.trimEnd() !== "";
    const shown = isNarrow ? used + word.trimEnd().length : width(longer.trimEnd());
    if (head !== "" && shown > columns) break;
    used = isNarrow ? used + word.length : width(longer);
    head = longer;
  }
  return head;
}
