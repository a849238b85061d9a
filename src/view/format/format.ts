import stringWidth from "string-width";
import { formatDuration } from "../../base/quantity.ts";

/** One column a character: ASCII, and what we draw with ourselves, charts (bars, braille) included. */
const NARROW = /^[\x20-\x7e→≤▲▼▁-█\u2800-\u28ff]*$/;
const segmenter = new Intl.Segmenter();

/** Columns that a text takes on the screen. */
export function width(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** The characters of a text as a reader counts them. */
export function graphemes(text: string): string[] {
  return NARROW.test(text) ? text.split("") : Array.from(segmenter.segment(text), (part) => part.segment);
}

/** Cuts a text to `columns`; a `~` in the last one says that it was cut. */
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

/** A duration of which perhaps only the later part was seen: `at least 3m04s`. */
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
    // Only what is not ASCII may join the character before it: then all is measured again.
    const isNarrow = NARROW.test(word) && word.trimEnd() !== "";
    const shown = isNarrow ? used + word.trimEnd().length : width(longer.trimEnd());
    if (head !== "" && shown > columns) break;
    used = isNarrow ? used + word.length : width(longer);
    head = longer;
  }
  return head;
}
