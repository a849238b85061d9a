import { fit, width, wrap } from "../format/format.ts";
import { type Frame, type Line, type Size, clipLine, span } from "../format/frame.ts";
import type { Binding } from "../state/key-binding.ts";

const MOST_LINES = 5;

/**
 * The help, built from the keymap: what the view shows, then its keys. `from` is the first line shown if not all fit.
 */
export function helpFrame(about: string, keymap: readonly Binding[], from: number, size: Size): Frame {
  const labels = Math.max(...keymap.map(({ label }) => label.length));
  const title: Line = [
    span("tcptrace top: keys", "bold"),
    span("  No key kills or changes anything: tcptrace is read-only.", "dim"),
  ];
  const lines: Line[] = wrap(about, size.columns, MOST_LINES).map((text) => [span(text)]);
  if (lines.length > 0) lines.push([]);
  for (const { label, help } of keymap) {
    const room = Math.max(10, size.columns - labels - 4);
    for (const [index, text] of wrap(help, room, MOST_LINES).entries()) {
      lines.push([span(`  ${fit(index === 0 ? label : "", labels, "left")}`, "bold"), span(`  ${text}`)]);
    }
  }
  const room = Math.max(0, size.rows - 2);
  const first = Math.max(0, Math.min(from, lines.length - room));
  const end = first + room < lines.length ? "  down for more" : "  ? Esc q close";
  return [title, ...lines.slice(first, first + room), [span(end, "dim")]]
    .slice(0, size.rows)
    .map((line) => clipLine(line, size.columns));
}

/** The bottom line: the most useful keys that fit. */
export function hintLine(keymap: readonly Binding[], columns: number): Line {
  const spans = [];
  let used = 0;
  for (const { keys, hint } of keymap) {
    if (hint === undefined) continue;
    const text = ` ${hint}  `;
    used += width(keyLabel(keys[0])) + width(text);
    if (used > columns) break;
    spans.push(span(keyLabel(keys[0]), "bold"), span(text, "dim"));
  }
  return clipLine(spans, columns);
}

function keyLabel(key = ""): string {
  return { enter: "Enter", escape: "Esc", tab: "Tab" }[key] ?? key;
}
