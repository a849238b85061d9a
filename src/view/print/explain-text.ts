import { PAGES } from "../../diagnosis/pages/find.ts";
import type { Page } from "../../diagnosis/pages/page.ts";
import { clip, fit, width, wrap } from "../format/format.ts";

const COLUMNS = 100;
const MOST_LINES = 50;

/** The list of topics, a line each, cut to the width of the terminal; null when the output is not a terminal. */
export function topicsText(terminal: number | null): string {
  const column = Math.max(...PAGES.map(({ topic }) => width(topic)));
  const lines = PAGES.map(
    ({ topic, title }) => `  ${fit(topic, column, "left")}  ${clip(title, (terminal ?? Infinity) - column - 4)}`,
  );
  return `Topics of tcptrace explain (states and settings):\n\n${lines.join("\n")}\n`;
}

/** A page for people: what it is, causes, what helps, what does not, and sources. */
export function pageText({ topic, title, what, causes, helps, avoid, sources }: Page): string {
  const sections = [
    wrap(`${topic}: ${title}`, COLUMNS, MOST_LINES),
    what.flatMap((text) => wrap(text, COLUMNS, MOST_LINES)),
    section("Causes", causes),
    section("What helps", helps),
    section(
      "What does not",
      avoid.map(({ what: action, why }) => `${action}: ${why}`),
    ),
    section("Sources", sources),
  ];
  const shown = sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${shown.join("\n\n")}\n`;
}

function section(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap((text) => {
    return wrap(text, COLUMNS - 4, MOST_LINES).map((line, index) => `${index === 0 ? "  - " : "    "}${line}`);
  });
  return [title, ...lines];
}
