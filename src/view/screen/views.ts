import { FINDINGS_VIEW, FINDING_VIEW } from "./finding-view.ts";
import { LIVE_VIEW } from "./live-view.ts";
import { MESSAGES_VIEW } from "./messages-view.ts";
import { PROCESS_VIEW } from "./process-view.ts";
import { SOCKET_VIEW, STUCK_VIEW } from "./socket-view.ts";
import { TIME_WAIT_VIEW } from "./time-wait-view.ts";
import { TIMELINE_VIEW } from "./timeline-view.ts";
import type { OpenedView, Tab, View } from "./view.ts";
import type { TopData } from "../state/top-data.ts";
import type { OpenedPlace, Place } from "../state/top-ui.ts";

/** The tabs, in the order of their keys; the screen begins with the first. A new tab is its file and its entry here. */
export const TABS: readonly [Tab, ...Tab[]] = [PROCESS_VIEW, STUCK_VIEW, TIME_WAIT_VIEW, LIVE_VIEW, FINDINGS_VIEW];

/** The views that are opened from a row. */
const OPENED: Readonly<Record<OpenedPlace["kind"], OpenedView>> = {
  finding: FINDING_VIEW,
  process: SOCKET_VIEW,
  group: SOCKET_VIEW,
  unowned: SOCKET_VIEW,
  socket: TIMELINE_VIEW,
  messages: MESSAGES_VIEW,
};

export const VIEWS: readonly View[] = [...new Set([...TABS, ...Object.values(OPENED)])];

/** The view at a place. */
export function viewAt(place: Place): View {
  return place.kind === "tab" ? tabOf(place.tab) : OPENED[place.kind];
}

export function tabOf(id: string): Tab {
  return TABS.find((tab) => tab.id === id) ?? TABS[0];
}

/** The name of a place in the path of opened views. */
export function titleOf(place: Place, data: TopData): string {
  return place.kind === "tab" ? tabOf(place.tab).name : OPENED[place.kind].title(place, data);
}

/** Whether this is the first tab. It summarises the whole machine, so its header is longer. */
export function isFirstTab(place: Place): boolean {
  return viewAt(place) === TABS[0];
}
