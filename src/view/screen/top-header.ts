import { formatCount, formatDuration, formatSetting } from "../../base/quantity.ts";
import { safeText } from "../../base/text.ts";
import type { Finding } from "../../diagnosis/facts/finding.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";
import { clip, clock, width, wrap } from "../format/format.ts";
import { type Line, type Span, clipLine, flow, lineText, span } from "../format/frame.ts";
import { FINDINGS_VIEW, findingStyle } from "./finding-view.ts";
import { headerCharts } from "./header-charts.ts";
import type { Scene, Tab } from "./view.ts";
import { TABS, isFirstTab, tabOf, titleOf, viewAt } from "./views.ts";
import { pollFigures } from "../words/polled.ts";
import { bytesText } from "../words/record-text.ts";
import { UNOWNED_NOTE, caveats, figures, health, sourceText, stateCounts } from "../words/summary.ts";

/**
 * The lines above every view. If they don't fit, the charts are dropped first, then the counts by state, then the
 * figures; the verdict, the caveats and, except on the first tab, the path stay.
 */
export function headerLines(scene: Scene, snapshot: Snapshot, budget: number): Line[] {
  const { columns } = scene.size;
  const title = titleLine(scene, snapshot);
  const { place } = scene.level;
  const isFirst = isFirstTab(place);
  const judged = (most: number): Line[] => judgement(scene, snapshot, isFirst ? most : 1);
  const notes = caveats(snapshot);
  if (isFirst && snapshot.unowned !== null && scene.ui.grouping === null) notes.push(UNOWNED_NOTE);
  const noted = notes.flatMap((text) => wrap(text, columns, isFirst ? 3 : 1)).map((text) => [span(text, "warn")]);
  const numbers = flow([...figures(snapshot, scene.data.mark), ...choices(scene)], columns);
  if (isFirst) for (const group of pollFigures(snapshot)) numbers.push(...flow(group, columns));
  const states = flow(stateCounts(snapshot, scene.data.change), columns);
  const whole = judged(4);
  const where = [placeLine(scene)];
  const charts = viewAt(place).hasCharts ? headerCharts(snapshot.series, scene.size, !scene.data.filter.isEmpty) : [];
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

/** The worst finding, and the worst leak if the finding is about something else. */
function judgement({ data, size }: Scene, snapshot: Snapshot, most: number): Line[] {
  const worst = data.findings.find(({ severity }) => severity !== "info");
  const verdict = health(snapshot);
  if (worst === undefined) return wrap(verdict.text, size.columns, most).map((text) => [span(text, verdict.style)]);
  const others = data.findings.length - 1;
  const rest = others === 0 ? "" : ` (${others} more: key ${TABS.indexOf(FINDINGS_VIEW) + 1})`;
  const text = `${safeText(worst.title)}${rest}`;
  const lines = wrap(text, size.columns, most).map((part): Line => [span(part, findingStyle(worst))]);
  if (verdict.style !== "bad" || most < 2 || isSameMatter(worst, snapshot)) return lines;
  return [...lines, ...wrap(verdict.text, size.columns, most).map((part): Line => [span(part, verdict.style)])];
}

/** Whether the finding is about the process that the verdict names. */
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

/** The choices of the user: order, interval, filter and so on. */
function choices(scene: Scene): Span[] {
  const { ui, level } = scene;
  const view = viewAt(level.place);
  const spans: Span[] = [];
  const sorted = view.sorts(ui).find(({ id }) => id === level.sort)?.title ?? view.order;
  if (sorted !== "") spans.push(span(`sort: ${sorted}${level.reverse ? " reversed" : ""}`, "dim"));
  spans.push(span(`every ${formatSetting(ui.intervalMs)}`, "dim"));
  if (ui.filter.text !== "") spans.push(span(`filter: ${safeText(ui.filter.text)}`, "warn"));
  if (ui.onlySuspicious) spans.push(span("suspicious only (a)", "warn"));
  for (const chosen of view.choices?.(ui) ?? []) spans.push(span(chosen, "warn"));
  if (level.isFollowing) spans.push(span(followText(scene), "warn"));
  return spans;
}

/** Says so when the followed row is gone. */
function followText(scene: Scene): string {
  const { place, key } = scene.level;
  const view = viewAt(place);
  if (view.isStream) return "following the newest (f)";
  const isGone = key !== null && view.list(scene, 1).indexOf(key) < 0;
  return isGone ? "followed row is gone (f)" : "following (f)";
}

/** The tabs with the current one marked, or the path to an opened view. */
function placeLine({ ui, data, size }: Scene): Line {
  if (ui.deeper.length > 0) {
    const way = [tabOf(ui.tab).name, ...ui.deeper.map(({ place }) => titleOf(place, data))];
    return clipLine([span(way.slice(0, -1).join(" > "), "dim"), span(` > ${way.at(-1) ?? ""}`, "bold")], size.columns);
  }
  const tabs = (isNamed: (tab: Tab) => boolean): Span[] =>
    TABS.map((tab, index): Span => {
      const number = tab.count?.(data) ?? 0;
      const name = isNamed(tab) ? ` ${tab.name}${number > 0 ? ` ${formatCount(number)}` : ""}` : "";
      return span(` ${index + 1}${name} `, tab.id === ui.tab ? "inverse" : "dim");
    });
  const whole = tabs(() => true);
  return width(lineText(whole)) <= size.columns
    ? whole
    : clipLine(
        tabs((tab) => tab.id === ui.tab),
        size.columns,
      );
}
