import { TIME_WAIT_VIEW } from "./churn-frame.ts";
import { FINDINGS_VIEW, FINDING_VIEW } from "./finding-view.ts";
import { LIVE_VIEW } from "./live-view.ts";
import { MESSAGES_VIEW } from "./messages-view.ts";
import { PROCESS_VIEW } from "./process-view.ts";
import { SOCKET_VIEW, STUCK_VIEW } from "./socket-view.ts";
import { TIMELINE_VIEW } from "./timeline-view.ts";
import type { View } from "./view.ts";
import type { Place } from "../state/top-ui.ts";

const VIEWS: Readonly<Record<Place["kind"], View>> = {
  processes: PROCESS_VIEW,
  stuck: STUCK_VIEW,
  timeWait: TIME_WAIT_VIEW,
  live: LIVE_VIEW,
  findings: FINDINGS_VIEW,
  finding: FINDING_VIEW,
  process: SOCKET_VIEW,
  group: SOCKET_VIEW,
  unowned: SOCKET_VIEW,
  socket: TIMELINE_VIEW,
  messages: MESSAGES_VIEW,
};

/** The view at a place. */
export function viewAt({ kind }: Place): View {
  return VIEWS[kind];
}
