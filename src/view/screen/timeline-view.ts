import { formatDuration, formatNumber } from "../../base/quantity.ts";
import { type Stay, type Timeline, buildTimeline } from "../../model/lists/build-timeline.ts";
import { TCP, stateName } from "../../model/net/tcp-state.ts";
import { clip, fit, wrap } from "../format/format.ts";
import { type Line, span } from "../format/frame.ts";
import { clockTime } from "../format/time.ts";
import { asOneLine, textView } from "./text-view.ts";
import type { OpenedView, Scene } from "./view.ts";
import { question } from "../state/question.ts";
import { unreadText } from "../words/unread-text.ts";

const TIME = 17;
const STATE = 12;
const LASTED = 9;
const CAUSE = 13;
/** On a shorter screen the states come first. */
const ROWS_FOR_HEAD = 18;

const MEANING: Readonly<Record<string, string>> = {
  connect: "connect()",
  listen: "listen()",
  syn: "SYN received",
  "accept-queue": "handshake done",
  ack: "ACK received",
  close: "close()",
  fin: "FIN received",
  reset: "reset",
  timeout: "timed out",
  abort: "aborted",
  "time-wait": "to TIME_WAIT",
  poll: "seen by poll",
};

/** The history of the socket at this place. */
export const TIMELINE = question<Timeline>({
  name: "timeline",
  ask: (source, { place }) => {
    const socket = place.kind === "socket" ? source.socket(place.id) : null;
    return socket === null ? null : buildTimeline(socket, source.world);
  },
});

/** The history of a socket: each state, when it was entered, how long it lasted, and why. */
export const TIMELINE_VIEW: OpenedView = {
  about:
    "The states of a socket, oldest first: when it entered each one, for how long (LASTED of the current state keeps growing), and why. States before tracing began are marked.",
  title: (place, data) => {
    const timeline = TIMELINE.answerIn(data);
    const isIt = timeline !== null && place.kind === "socket" && timeline.id === place.id;
    return isIt ? `${timeline.local} to ${timeline.remote}` : "socket";
  },
  question: TIMELINE,
  ...textView({ lines: timelineLines }),
  copy: (scene) => (TIMELINE.answerIn(scene.data) === null ? null : asOneLine(timelineLines(scene))),
};

function timelineLines({ data, size }: Scene): Line[] {
  const timeline = TIMELINE.answerIn(data);
  if (timeline === null) return [[span("this socket is no longer known")]];
  const head = headLines(timeline).flatMap((text) => wrap(text, size.columns, 3).map((part): Line => [span(part)]));
  const states: Line[] = [
    [span(clip(cells("ENTERED (UTC)", "STATE", "LASTED", "WHY", "OWNER"), size.columns), "dim")],
    ...timeline.stays.map((stay): Line => [
      span(clip(stayText(stay), size.columns), stay.isCurrent ? "bold" : "plain"),
    ]),
    ...notes(timeline).map((text): Line => [span(clip(text, size.columns), "warn")]),
  ];
  // On a short screen the states matter most.
  return size.rows < ROWS_FOR_HEAD ? [...states, [], ...head] : [...head, [], ...states];
}

function headLines(timeline: Timeline): string[] {
  const { holders, role, inode, state, receiveQueue, netns } = timeline;
  const lines = [`${timeline.local} to ${timeline.remote}`];
  const who = holders.map(({ pid, comm, fd }) => `${comm} (pid ${pid}${fd === null ? "" : `, fd ${fd}`})`);
  if (who.length > 0) lines.push(`held by ${who.join(", ")}; known by ${timeline.owner}`);
  else lines.push(state === TCP.CLOSE ? "closed" : "holder unknown");
  const facts: string[] = [];
  if (role !== null)
    facts.push({ client: "opened here by connect()", server: "incoming", listener: "listening" }[role]);
  if (!timeline.isAccepted) facts.push("not accepted: in the accept queue");
  if (receiveQueue !== null)
    facts.push(
      role === "listener" ? `${formatNumber(receiveQueue)} in the accept queue` : unreadText(state, receiveQueue),
    );
  if (inode !== null && inode !== 0) facts.push(`inode ${inode}`);
  if (netns !== null) facts.push(`network namespace ${netns}`);
  if (facts.length > 0) lines.push(facts.join(", "));
  return lines;
}

function stayText(stay: Stay): string {
  const { wallMs, isFound, ms, msIsAtLeast, cause } = stay;
  const time = wallMs === null ? "before tracing" : `${isFound ? "≤" : ""}${clockTime(wallMs)}`;
  const lasted = ms === null ? "-" : `${msIsAtLeast ? ">=" : ""}${lengthOf(ms)}`;
  const owner = stay.pid === null ? "-" : `${stay.comm ?? ""} (${stay.pid}), ${stay.owner}`;
  const why = cause === null ? "-" : (MEANING[cause] ?? cause);
  return cells(time, stateName(stay.state), stay.state === TCP.CLOSE ? "-" : lasted, why, owner);
}

/** Handshakes take microseconds, leaks last days. */
function lengthOf(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)}us`;
  return ms < 1000 ? `${ms.toFixed(1)}ms` : formatDuration(ms);
}

function cells(time: string, state: string, lasted: string, why: string, owner: string): string {
  const left = `${fit(time, TIME, "left")}${fit(state, STATE, "left")}${fit(lasted, LASTED, "right")}  `;
  return `${left}${fit(why, CAUSE, "left")}  ${owner}`;
}

function notes({ stays }: Timeline): string[] {
  const isOld = stays.some(({ wallMs, isFound, cause }) => wallMs === null || (isFound && cause === null));
  return isOld ? ["", "opened before tracing began; earlier states are unknown"] : [];
}
