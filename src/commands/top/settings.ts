import { z } from "zod";
import { parseSecondsMs } from "../../base/duration.ts";
import { UserError } from "../../base/errors.ts";
import { formatSetting } from "../../base/quantity.ts";
import { safeText } from "../../base/text.ts";
import { THEMES, type ThemeName } from "../../view/format/theme-names.ts";
import { initialUi } from "../../view/screen/tabs.ts";
import type { Tab } from "../../view/screen/view.ts";
import { TABS } from "../../view/screen/views.ts";
import type { TopUi } from "../../view/state/top-ui.ts";

/** A year. */
const LONGEST_MS = 365 * 24 * 3_600_000;

const Duration = (leastMs: number) =>
  z.string().transform((text, context) => {
    const ms = parseSecondsMs(text);
    if (ms !== null && ms >= leastMs && ms <= LONGEST_MS) return ms;
    context.addIssue(`must be a duration of at least ${formatSetting(leastMs)}, such as "500ms", "10s" or "5m"`);
    return z.NEVER;
  });

/** A view's sort order: a column's id, with `-` before it in reverse; `-` alone reverses the default order. */
const Sort = (tab: Tab) => {
  const ids = tab.sorts(initialUi(0)).map(({ id }) => id);
  return z
    .string()
    .refine((text) => text === "-" || ids.includes(text.replace(/^-/, "")), {
      error: `must be one of ${ids.join(", ")}`,
    })
    .transform((text) => ({ sort: text.replace(/^-/, "") || null, reverse: text.startsWith("-") }));
};

const SettingsFile = z.strictObject({
  theme: z.enum(THEMES).optional(),
  interval: Duration(100).optional(),
  stuckAfter: Duration(0).optional(),
  view: z.enum(TABS.map(({ id }) => id)).optional(),
  sort: z.strictObject(Object.fromEntries(TABS.map((tab) => [tab.id, Sort(tab).optional()]))).optional(),
  mouse: z.boolean().optional(),
});

/** Options of `top`; anything omitted takes its default. Times are in milliseconds. */
export type Settings = z.output<typeof SettingsFile>;

/** Parses the text of a settings file. Throws UserError, in one line, if it is invalid. */
export function parseSettings(text: string, path: string): Settings {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw badSettings(path, "not valid JSON");
  }
  const parsed = SettingsFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw badSettings(path, `${where}${issue?.message ?? "invalid"}`);
}

export function badSettings(path: string, why: string): UserError {
  const text = safeText(`${path}: ${why}`.slice(0, 300));
  return new UserError("bad-config", text, "fix the file, or pass another --config");
}

interface Chosen {
  readonly theme: ThemeName;
  readonly mouse: boolean;
  readonly stuckAfter: number;
}

/** The settings file for the screen as it is now. */
export function settingsText(ui: TopUi, rest: Chosen): string {
  const sort: Record<string, string> = {};
  for (const [id, level] of Object.entries(ui.tabs)) {
    const text = `${level.reverse ? "-" : ""}${level.sort ?? ""}`;
    if (text !== "") sort[id] = text;
  }
  const { theme, mouse, stuckAfter } = rest;
  const times = { interval: exactly(ui.intervalMs), stuckAfter: exactly(stuckAfter) };
  return `${JSON.stringify({ theme, ...times, view: ui.tab, sort, mouse }, null, 2)}\n`;
}

function exactly(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** The screen with the settings applied. */
export function uiWith(ui: TopUi, { view, sort }: Settings): TopUi {
  const tabs = Object.fromEntries(Object.entries(ui.tabs).map(([id, level]) => [id, { ...level, ...sort?.[id] }]));
  return { ...ui, tab: view ?? ui.tab, tabs };
}
