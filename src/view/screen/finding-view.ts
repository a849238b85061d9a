import { formatDuration, formatNumber } from "../../base/quantity.ts";
import { safeText } from "../../base/text.ts";
import type { EvidenceValue, Finding, Severity } from "../../diagnosis/facts/finding.ts";
import { wrap } from "../format/format.ts";
import { type Line, type Style, clipLine, span } from "../format/frame.ts";
import { type Table, textColumn } from "../format/table.ts";
import { asOneLine, textView } from "./text-view.ts";
import { rowsOf, tableView } from "./table-view.ts";
import type { OpenedView, Scene, Tab } from "./view.ts";

const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = { critical: "bad", warning: "warn", info: "plain" };
const MOST_LINES = 8;

const TABLE: Table<Finding> = {
  columns: [
    { ...textColumn<Finding>("severity", "SEVERITY", 8, 8, ({ severity }) => severity), style: findingStyle },
    textColumn("id", "RULE", 16, 28, ({ id }) => id),
    { ...textColumn<Finding>("title", "PROBLEM", 20, 400, ({ title }) => title), style: findingStyle },
  ],
  hideOrder: ["id", "severity"],
};

const ROWS = tableView<readonly Finding[], Finding>({
  answerIn: ({ findings }) => findings,
  rows: (_, scene) => {
    const found = chosen(scene);
    const keys = keysOf(found);
    return rowsOf(found, (_finding, index) => keys[index] ?? "");
  },
  table: () => TABLE,
  opens: (_, key) => ({ kind: "finding", key }),
  copy: ({ severity, title }) => `${severity}: ${title}`,
  empty: () => "",
});

/** The problems on this machine, worst first. */
export const FINDINGS_VIEW: Tab = {
  id: "findings",
  name: "findings",
  help: "problems and how to fix them",
  count: ({ findings }) => findings.length,
  about: "The problems on this machine, worst first. Enter shows the evidence, how to fix it, and what does not help.",
  order: "worst first",
  sorts: () => [],
  hasCharts: true,
  ...ROWS,
  body: (scene, lines) => {
    if (chosen(scene).length > 0) return ROWS.body(scene, lines);
    return [[span(scene.data.snapshot === null ? "" : "no problems found", "good")]];
  },
};

/** One finding: evidence, advice, what does not help, and sources. */
export const FINDING_VIEW: OpenedView = {
  about:
    "The evidence, what helps (best first), what people try that does not help, and sources. tcptrace runs none of the commands. Enter opens the sockets of the process.",
  title: (place) => (place.kind === "finding" ? (place.key.split(" ", 1)[0] ?? "") : ""),
  ...textView({
    lines: (scene) => {
      const finding = findingOf(scene);
      return finding === undefined
        ? [[span("resolved: this finding no longer applies", "good")]]
        : findingLines(finding, scene.size.columns);
    },
    opens: (scene) => {
      const { pid, comm } = findingOf(scene) ?? { pid: null, comm: null };
      return pid === null ? null : { kind: "process", pid, name: safeText(comm ?? "") };
    },
  }),
  copy: (scene) => {
    const finding = findingOf(scene);
    return finding === undefined ? null : asOneLine(findingLines(finding, 10_000));
  },
};

/** The style of its severity. */
export function findingStyle({ severity }: Finding): Style {
  return SEVERITY_STYLE[severity];
}

/** Keys that stay the same while a finding lasts: rule, process, and a number among several. */
function keysOf(findings: readonly Finding[]): readonly string[] {
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
  return [...lines, ...section("What does not", not, columns), ...section("Sources", sources, columns)];
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
  if (value === null) return "unknown";
  if (typeof value === "number")
    return key.endsWith("Ms") ? formatDuration(value) : formatNumber(Math.round(value * 100) / 100);
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? "none" : value.join(", ");
}
