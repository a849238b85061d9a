import { formatCount, formatDuration, formatSetting } from "../../base/quantity.ts";
import { safeText } from "../../base/text.ts";
import type { Finding } from "../../diagnosis/facts/finding.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";
import { clip, clock, width, wrap } from "../format/format.ts";
import { type Line, type Span, clipLine, flow, lineText, span } from "../format/frame.ts";
import { findingStyle } from "./finding-view.ts";
import { headerCharts } from "./header-charts.ts";
import type { Scene } from "./view.ts";
import { viewAt } from "./views.ts";
import { type Place, TABS, type Tab } from "../state/top-ui.ts";
import { pollFigures } from "../words/polled.ts";
import { bytesText } from "../words/record-text.ts";
import { UNOWNED_NOTE, caveats, figures, health, sourceText, stateCounts } from "../words/summary.ts";

const TAB_NAMES: Readonly<Record<Tab, string>> = {
  processes: "processes",
  stuck: "stuck",
  timeWait: "TIME_WAIT",
  live: "live",
  findings: "findings",
};

/**
 * What stands above every view. Where not everything fits, the counts by state go first, then the figures; what is wrong,
 * the caveats and, below the first view, where one is stay.
 */
export function headerLines(scene: Scene, snapshot: Snapshot, budget: number): Line[] {
  const { columns } = scene.size;
  const title = titleLine(scene, snapshot);
  const isFirst = scene.level.place.kind === "processes";
  const judged = (most: number): Line[] => judgement(scene, snapshot, isFirst ? most : 1);
  const notes = caveats(snapshot);
  if (isFirst && snapshot.unowned !== null && scene.ui.grouping === null) notes.push(UNOWNED_NOTE);
  const noted = notes.flatMap((text) => wrap(text, columns, isFirst ? 3 : 1)).map((text) => [span(text, "warn")]);
  const numbers = flow([...figures(snapshot, scene.data.mark), ...choices(scene)], columns);
  if (isFirst) for (const group of pollFigures(snapshot)) numbers.push(...flow(group, columns));
  const states = flow(stateCounts(snapshot, scene.data.change), columns);
  const whole = judged(4);
  const where = [placeLine(scene, snapshot)];
  const charts = hasCharts(scene) ? headerCharts(snapshot.series, scene.size, !scene.data.filter.isEmpty) : [];
  const layouts: Line[][] = [
    [title, ...whole, ...numbers, ...states, ...noted, ...charts, ...where],
    [title, ...whole, ...numbers, ...states, ...noted, ...where],
    [title, ...whole, ...numbers, ...noted, ...where],
    [title, ...whole, ...noted, ...where],
    ...(isFirst ? [[title, ...whole, ...noted]] : []),
  ];
  const fits = layouts.find((lines) => lines.length <= budget);
  if (fits !== undefined) return fits;
  const brief: Line[] = notes.length === 0 ? [] : [[span(clip(notes.join("; "), columns), "warn")]];
  const under = isFirst ? [] : where;
  const left = Math.max(1, budget - 1 - brief.length - under.length);
  return [title, ...under, ...judged(left).slice(0, left), ...brief].slice(0, Math.max(1, budget));
}

/** Where the view has none of its own, and is no text to be read. */
function hasCharts({ level }: Scene): boolean {
  return ["processes", "stuck", "findings"].includes(level.place.kind);
}

/** What is wrong most: the worst finding, and who leaks where that is another matter. */
function judgement({ data, size }: Scene, snapshot: Snapshot, most: number): Line[] {
  const worst = data.findings.find(({ severity }) => severity !== "info");
  const verdict = health(snapshot);
  if (worst === undefined) return wrap(verdict.text, size.columns, most).map((text) => [span(text, verdict.style)]);
  const others = data.findings.length - 1;
  const rest = others === 0 ? "" : ` (${others} more: key 5)`;
  const text = `${safeText(worst.title)}${rest}`;
  const lines = wrap(text, size.columns, most).map((part): Line => [span(part, findingStyle(worst))]);
  if (verdict.style !== "bad" || most < 2 || isSameMatter(worst, snapshot)) return lines;
  return [...lines, ...wrap(verdict.text, size.columns, most).map((part): Line => [span(part, verdict.style)])];
}

/** Of the finding and of the verdict on who holds sockets that are stuck. */
function isSameMatter({ id, pid }: Finding, { processes }: Snapshot): boolean {
  const guilty = processes.find(({ stuck }) => stuck > 0);
  return guilty === undefined ? id.startsWith("close-wait") : pid === guilty.pid;
}

function titleLine({ ui, data, size }: Scene, snapshot: Snapshot): Line {
  const badges: Span[] = [];
  if (ui.paused !== null) {
    badges.push(
      span(` PAUSED ${formatDuration(ui.paused.ms)} (+${formatCount(ui.paused.transitions)}) `, "inverse"),
      span(" "),
    );
  }
  if (data.recording !== null) {
    const { path, bytes } = data.recording;
    badges.push(span(` REC ${safeText(path)} ${bytesText(bytes)} `, "inverse"), span(" "));
  }
  const title = [
    span("tcptrace top", "bold"),
    ...(data.host === "" ? [] : [span(` ${safeText(data.host)}`, "bold")]),
    span(`  ${clock(snapshot.wallMs)}  `),
    span(sourceText(snapshot), "dim"),
  ];
  return clipLine([...badges, ...title], size.columns);
}

/** What was chosen, where it is not as at the start. */
function choices(scene: Scene): Span[] {
  const { ui, level } = scene;
  const view = viewAt(level.place);
  const spans: Span[] = [];
  const sorted = view.sorts(ui).find(({ id }) => id === level.sort)?.title ?? view.order;
  if (sorted !== "") spans.push(span(`sort ${sorted}${level.reverse ? " reversed" : ""}`, "dim"));
  spans.push(span(`every ${formatSetting(ui.intervalMs)}`, "dim"));
  if (ui.filter.text !== "") spans.push(span(`filter ${safeText(ui.filter.text)}`, "warn"));
  if (ui.onlySuspicious) spans.push(span("only suspicious (a)", "warn"));
  if (ui.grouping !== null && level.place.kind === "processes") spans.push(span(`by ${ui.grouping} (t)`, "warn"));
  if (level.isFollowing) spans.push(span(followText(scene), "warn"));
  return spans;
}

/** Who loses sight of what he follows is told. */
function followText(scene: Scene): string {
  const { place, key } = scene.level;
  if (place.kind === "live") return "following the newest (f)";
  const isGone = key !== null && viewAt(place).list(scene, 1).indexOf(key) < 0;
  return isGone ? "what was followed has gone (f)" : "following (f)";
}

/** The views and which one this is, or the way that led here. */
function placeLine({ ui, data, level, size }: Scene, snapshot: Snapshot): Line {
  if (ui.deeper.length > 0 || level.place.kind === "messages") {
    const way = [TAB_NAMES[ui.tab], ...ui.deeper.map(({ place }) => placeName(place, data))];
    return clipLine([span(way.slice(0, -1).join(" > "), "dim"), span(` > ${way.at(-1) ?? ""}`, "bold")], size.columns);
  }
  const numbers: Partial<Record<Tab, number>> = { stuck: snapshot.stuck, findings: data.findings.length };
  const tabs = (isNamed: (tab: Tab) => boolean): Span[] =>
    TABS.map((tab, index): Span => {
      const number = numbers[tab] ?? 0;
      const name = isNamed(tab) ? ` ${TAB_NAMES[tab]}${number > 0 ? ` ${formatCount(number)}` : ""}` : "";
      return span(` ${index + 1}${name} `, tab === ui.tab ? "inverse" : "dim");
    });
  const whole = tabs(() => true);
  return width(lineText(whole)) <= size.columns
    ? whole
    : clipLine(
        tabs((tab) => tab === ui.tab),
        size.columns,
      );
}

function placeName(place: Place, { timeline }: Scene["data"]): string {
  switch (place.kind) {
    case "process":
      return `${place.name} (pid ${place.pid})`;
    case "group":
      return `${place.by} ${place.name}`;
    case "socket":
      return timeline?.id === place.id ? `${timeline.local} to ${timeline.remote}` : "socket";
    case "finding":
      return place.key.split(" ", 1)[0] ?? "";
    case "unowned":
      return "(unowned)";
    case "messages":
      return "messages";
    case "processes":
    case "stuck":
    case "timeWait":
    case "live":
    case "findings":
      return TAB_NAMES[place.kind];
    default:
      return place satisfies never;
  }
}
