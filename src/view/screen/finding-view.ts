import { formatDuration } from "../../base/quantity.ts";
import { safeText } from "../../base/text.ts";
import type { EvidenceValue, Finding, Severity } from "../../diagnosis/facts/finding.ts";
import { wrap } from "../format/format.ts";
import { type Line, type Style, clipLine, span } from "../format/frame.ts";
import { type Table, tableLines, textColumn } from "../format/table.ts";
import { asOneLine, textView } from "./text-view.ts";
import type { Scene, View } from "./view.ts";
import { cursorIndex, firstOfPage } from "../state/top-list.ts";

const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = { critical: "bad", warning: "warn", info: "plain" };
const MOST_LINES = 8;

const TABLE: Table<Finding> = {
  columns: [
    { ...textColumn<Finding>("severity", "SEVERITY", 8, 8, ({ severity }) => severity), style: findingStyle },
    textColumn("id", "RULE", 16, 28, ({ id }) => id),
    { ...textColumn<Finding>("title", "WHAT IS WRONG", 20, 400, ({ title }) => title), style: findingStyle },
  ],
  hideOrder: ["id", "severity"],
};

/** View 5: what is wrong on this machine, the worst first. */
export const FINDINGS_VIEW: View = {
  about: "What is wrong on this machine, the worst first. Enter shows the evidence, what helps, and what does not.",
  order: "worst first",
  sorts: () => [],
  list: (scene, lines) => {
    const keys = keysOf(chosen(scene));
    return {
      length: keys.length,
      keyAt: (index) => keys[index] ?? null,
      indexOf: (key) => keys.indexOf(key),
      page: Math.max(1, lines - 1),
      opens: (index) => {
        const key = keys[index];
        return key === undefined ? null : { kind: "finding", key };
      },
      isText: false,
    };
  },
  body: (scene, lines) => {
    const { level, size, userName } = scene;
    const rows = chosen(scene);
    const list = FINDINGS_VIEW.list(scene, lines);
    const cursor = cursorIndex(list, level);
    const first = firstOfPage(cursor, rows.length, list.page);
    const shown = rows.slice(first, first + list.page);
    if (shown.length === 0)
      return [[span(scene.data.snapshot === null ? "" : "nothing is wrong that tcptrace has a rule for", "good")]];
    return tableLines(
      { table: TABLE, rows: shown, cursor: cursor - first, sort: null, reverse: false, userName },
      size.columns,
    );
  },
  copy: (scene) => {
    const row = chosen(scene)[cursorIndex(FINDINGS_VIEW.list(scene, 2), scene.level)];
    return row === undefined ? null : `${row.severity}: ${row.title}`;
  },
};

/** One finding: evidence, advice, what does not help, and where it is written. */
export const FINDING_VIEW = textView(
  "The numbers that it goes by, what helps (the best first), what people try that does not, and where it is written. tcptrace runs none of the commands. Enter leads to the sockets of its process.",
  (scene) => {
    const finding = findingOf(scene);
    return finding === undefined
      ? [[span("this is over: the finding has gone", "good")]]
      : findingLines(finding, scene.size.columns);
  },
  (scene) => {
    const finding = findingOf(scene);
    return finding === undefined ? null : asOneLine(findingLines(finding, 10_000));
  },
  (scene) => {
    const { pid, comm } = findingOf(scene) ?? { pid: null, comm: null };
    return pid === null ? null : { kind: "process", pid, name: safeText(comm ?? "") };
  },
);

/** How bad it is. */
export function findingStyle({ severity }: Finding): Style {
  return SEVERITY_STYLE[severity];
}

/** Names for findings for as long as they are about the same: rule, process, and which of several. */
export function keysOf(findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map(({ id, pid }) => {
    const name = `${id} ${pid ?? ""}`;
    const number = (seen.get(name) ?? 0) + 1;
    seen.set(name, number);
    return `${name} ${number}`;
  });
}

function chosen({ data, ui }: Scene): readonly Finding[] {
  return ui.onlySuspicious ? data.findings.filter(({ severity }) => severity !== "info") : data.findings;
}

function findingOf({ data, level }: Scene): Finding | undefined {
  const { place } = level;
  return place.kind === "finding" ? data.findings[keysOf(data.findings).indexOf(place.key)] : undefined;
}

function findingLines(finding: Finding, columns: number): Line[] {
  const { evidence, advice, avoid, sources } = finding;
  const lines: Line[] = wrap(safeText(finding.title), columns, MOST_LINES).map((text) => [
    span(text, findingStyle(finding)),
  ]);
  lines.push([span(`${finding.severity}, ${finding.id}`, "dim")]);
  const shown = Object.entries(evidence).map(([key, value]) => `${key}: ${valueText(key, value)}`);
  lines.push(...section("Evidence", shown, columns), ...section("What helps", numbered(advice), columns));
  const not = avoid.map(({ what, why }) => `${what}: ${why}`);
  return [...lines, ...section("What does not", not, columns), ...section("Where it is written", sources, columns)];
}

function numbered(texts: readonly string[]): string[] {
  return texts.map((text, index) => `${index + 1}. ${text}`);
}

function section(title: string, texts: readonly string[], columns: number): Line[] {
  if (texts.length === 0) return [];
  const lines = texts.flatMap((text) =>
    wrap(safeText(text), columns - 4, MOST_LINES).map((part, index): Line => [
      span(`${index === 0 ? "  " : "    "}${part}`),
    ]),
  );
  return [[], [span(title, "bold")], ...lines].map((line) => clipLine(line, columns));
}

/** `oldestMs: 15m12s`: the unit is in the name. */
function valueText(key: string, value: EvidenceValue): string {
  if (value === null) return "not known";
  if (typeof value === "number")
    return key.endsWith("Ms") ? formatDuration(value) : String(Math.round(value * 100) / 100);
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? "none" : value.join(", ");
}
