import { fit, width } from "./format.ts";
import { clipLine, type Frame, type Line, type Size, span } from "./frame.ts";
import type { Binding } from "./key-binding.ts";

/** The help, drawn from the keymap; `from` is the first line shown where not all fit. */
export function helpFrame(keymap: readonly Binding[], from: number, size: Size): Frame {
  const labels = Math.max(...keymap.map(({ label }) => label.length));
  const title: Line = [
    span("tcptrace top: keys", "bold"),
    span("  No key here kills or changes anything: tcptrace only looks.", "dim"),
  ];
  const lines: Line[] = keymap.map(({ label, help }) => [
    span(`  ${fit(label, labels, "left")}`, "bold"),
    span(`  ${help}`),
  ]);
  const room = Math.max(0, size.rows - 2);
  const first = Math.max(0, Math.min(from, lines.length - room));
  const end = first + room < lines.length ? "  down for more" : "  ? Esc q close";
  return [title, ...lines.slice(first, first + room), [span(end, "dim")]]
    .slice(0, size.rows)
    .map((line) => clipLine(line, size.columns));
}

/** The bottom line: the keys worth knowing first, as many as fit. */
export function hintLine(keymap: readonly Binding[], columns: number): Line {
  const spans = [];
  let used = 0;
  for (const { keys, hint } of keymap) {
    if (hint === undefined) continue;
    const text = ` ${hint}  `;
    used += width(keys[0] ?? "") + width(text);
    if (used > columns) break;
    spans.push(span(keys[0] ?? "", "bold"), span(text, "dim"));
  }
  return clipLine(spans, columns);
}
