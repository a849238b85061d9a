import stringWidth from "string-width";

/** One column a character: ASCII, and what we draw with ourselves. */
const ASCII = /^[\x20-\x7e→≤▲▼]*$/;
const segmenter = new Intl.Segmenter();

/** Columns that a text takes on the screen. */
export function width(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/** The characters of a text as a reader counts them. */
export function graphemes(text: string): string[] {
  return ASCII.test(text) ? text.split("") : Array.from(segmenter.segment(text), (part) => part.segment);
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

/** `0.4s 12s 3m04s 2h10m 4d`, rounded down: it lasted at least so long. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (!Number.isFinite(seconds)) return "-";
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)}s`;
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits(Math.floor(seconds % 60))}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${twoDigits(Math.floor((seconds % 3600) / 60))}m`;
  return `${scaled(Math.floor(seconds / 86_400))}d`;
}

/** A duration of which perhaps only the later part was seen: `at least 3m04s`. */
export function age(ms: number, isAtLeast: boolean): string {
  return `${isAtLeast ? "at least " : ""}${duration(ms)}`;
}

/** A length chosen by someone, such as a threshold: `250ms 1s 1.5s 60s 5m 2h`. */
export function setting(ms: number): string {
  if (ms < 1000 || !Number.isFinite(ms)) return `${ms}ms`;
  if (ms <= 60_000) return `${Number((ms / 1000).toFixed(3))}s`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return duration(ms);
}

/** Exact below 10000, then `12.3k`, at most five columns. */
export function count(number: number): string {
  return number < 10_000 ? String(number) : scaled(number);
}

/** A number per second: `0 <0.1 0.4 12.3 456 12.3k`. */
export function rate(perSecond: number): string {
  if (!(perSecond > 0)) return "0";
  if (perSecond < 0.1) return "<0.1";
  if (perSecond < 100) return (Math.floor(perSecond * 10) / 10).toFixed(1).replace(/\.0$/, "");
  return count(Math.floor(perSecond));
}

/** A share in percent, rounded down, so that `100%` means all; `-` of nothing. */
export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return "-";
  const tenths = Math.floor((part / whole) * 1000) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)}%`;
}

/** `1 socket`, `2 sockets`. */
export function plural(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
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
  for (const word of text.split(/(?<= )/)) {
    if (head !== "" && width((head + word).trimEnd()) > columns) break;
    head += word;
  }
  return head;
}

function scaled(number: number): string {
  if (number < 10_000) return String(number);
  let value = number;
  for (const unit of ["k", "M", "G", "T"]) {
    value /= 1000;
    if (value < 100) return `${(Math.floor(value * 10) / 10).toFixed(1)}${unit}`;
    if (value < 1000) return `${Math.floor(value)}${unit}`;
  }
  return ">999T";
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
