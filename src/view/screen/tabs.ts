import type { Tab } from "./view.ts";
import { TABS, tabOf } from "./views.ts";
import { type Level, type TopUi, levelAt } from "../state/top-ui.ts";

/** The cursor on the newest row, following it. */
const FOLLOWING = { key: null, index: 0, isFollowing: true } as const;

/** The state at the start. */
export function initialUi(intervalMs: number): TopUi {
  return {
    tab: TABS[0].id,
    tabs: Object.fromEntries(TABS.map((tab) => [tab.id, firstLevel(tab)])),
    deeper: [],
    filter: { text: "", typed: null, error: "" },
    onlySuspicious: false,
    grouping: null,
    help: null,
    paused: null,
    player: null,
    intervalMs,
    status: "",
  };
}

function firstLevel({ id, isStream }: Tab): Level {
  const level = levelAt({ kind: "tab", tab: id });
  return isStream ? { ...level, ...FOLLOWING } : level;
}

/** Goes to a tab as it was left. A stream starts again at its newest row. */
export function goTo(ui: TopUi, id: string): TopUi {
  const level = ui.tabs[id];
  const left = level === undefined || !tabOf(id).isStream ? ui.tabs : { ...ui.tabs, [id]: { ...level, ...FOLLOWING } };
  return { ...ui, tab: id, tabs: left, deeper: [] };
}

/** Moves `by` tabs, wrapping around. */
export function goBy(ui: TopUi, by: number): TopUi {
  const now = TABS.findIndex(({ id }) => id === ui.tab);
  const next = TABS[(now + by + TABS.length) % TABS.length] ?? TABS[0];
  return goTo(ui, next.id);
}
