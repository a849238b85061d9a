import { formatDuration, formatNumber, formatPlural, formatSetting } from "../../base/quantity.ts";
import type { AuditedSetting } from "../../diagnosis/audit.ts";
import type { Finding, Severity } from "../../diagnosis/facts/finding.ts";
import type { Diagnosis } from "../../diagnosis/report.ts";
import { clip, width, wrap } from "../format/format.ts";
import { incompleteness } from "../words/polled.ts";

const COLUMNS = 100;
const MOST_LINES = 20;
const COMMAND = /\b(?:sudo|ss|tcptrace explain) [^;,()]+/g;
/** A space that does not break a line. */
const GLUE = "\u00a0";
const LABEL: Readonly<Record<Severity, string>> = { critical: "CRITICAL", warning: "WARNING", info: "INFO" };

/**
 * The answer for people: each finding with its advice, then the settings often named as cures and their values here.
 */
export function diagnoseText(diagnosis: Diagnosis): string {
  const { findings, settings } = diagnosis;
  const paragraphs = [
    block("", verdict(diagnosis)),
    ...findings.map(findingLines),
    settingLines(settings),
    caveats(diagnosis),
  ];
  const shown = paragraphs.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${shown.join("\n\n")}\n`;
}

function verdict({ findings, seconds, lookedAt, stuckAfterMs }: Diagnosis): string {
  const { sockets, timeWait, processes, namespaces, transitions } = lookedAt;
  const looked =
    `watched ${formatPlural(sockets, "socket")} and ${formatNumber(timeWait)} in TIME_WAIT for ${formatDuration(seconds * 1000)}, ` +
    `${formatPlural(processes, "process", "processes")} in ${formatPlural(namespaces, "network namespace")}, ` +
    `${formatPlural(transitions, "transition")} and the kernel's counters`;
  const bad = findings.filter(({ severity }) => severity !== "info").length;
  const notes = findings.length - bad;
  if (bad > 0)
    return `${formatPlural(bad, "problem")} found${notes > 0 ? `, ${formatPlural(notes, "note")}` : ""}: ${looked}.`;
  const rest = notes > 0 ? `; ${formatPlural(notes, "note")} below` : "";
  return `No problems found${rest}: ${looked}; no socket has been in CLOSE_WAIT for over ${formatSetting(stuckAfterMs)}.`;
}

function findingLines({ severity, title, advice, avoid, sources, id }: Finding): string[] {
  return [
    ...block(`${LABEL[severity]}  `, `${title}.`),
    ...advice.flatMap((text, index) => block(`  ${index + 1}. `, text)),
    ...avoid.flatMap(({ what, why }) => block("  not ", `${what}: ${why}`)),
    ...block("  see ", `tcptrace explain ${id}; ${sources.join("; ")}`),
  ];
}

/** Wraps a text after `begin`, other lines indented to match. Commands stay on one line, for copying. */
function block(begin: string, text: string): string[] {
  const columns = COLUMNS - width(begin);
  const whole = text.replace(COMMAND, (command) =>
    command.length < columns ? command.replaceAll(" ", GLUE) : command,
  );
  const lines = wrap(whole, columns, MOST_LINES).map((line) => line.replaceAll(GLUE, " "));
  return lines.map((line, index) => (index === 0 ? begin : " ".repeat(width(begin))) + line);
}

/**
 * What each setting would do for each finding; without findings, the settings that differ from the kernel's default.
 */
function settingLines(settings: readonly AuditedSetting[]): string[] {
  const shared = new Set(settings.map(({ netns }) => netns).filter((netns) => netns !== null)).size > 1;
  const byFinding = new Map<string, Map<string, string[]>>();
  for (const one of settings) {
    for (const { finding, helps, why } of one.verdicts) {
      const answers = byFinding.get(finding) ?? new Map<string, string[]>();
      const key = `${helps ? "yes" : "no "}  ${why}`;
      answers.set(key, [...(answers.get(key) ?? []), settingText(one, shared)]);
      byFinding.set(finding, answers);
    }
  }
  if (byFinding.size === 0) return settings.length === 0 ? [] : block("Settings: ", changedText(settings, shared));
  const lines = ["Settings often named as cures, and whether they help (see tcptrace explain NAME):"];
  for (const [finding, answers] of byFinding) lines.push(`  ${finding}`, ...answerLines(answers));
  return lines;
}

/** Those that help first. */
function answerLines(answers: ReadonlyMap<string, readonly string[]>): string[] {
  const sorted = [...answers].toSorted(
    ([one], [other]) => Number(other.startsWith("yes")) - Number(one.startsWith("yes")),
  );
  return sorted.flatMap(([key, names]) => block(`    ${key.slice(0, 3)}  `, `${names.join(", ")}: ${key.slice(5)}`));
}

/** `tcp_fin_timeout 30 (default 60)`. */
function settingText({ name, netns, value, default: usual }: AuditedSetting, shared: boolean): string {
  const short = name.replace(/^net\.(ipv4|core)\./, "");
  const where = shared && netns !== null ? ` in ${netns}` : "";
  return `${short}${where}${value === null ? "" : ` ${value}`}${isChanged(value, usual) ? ` (default ${usual})` : ""}`;
}

/** A default in words depends on the machine, so no value differs from it. */
function isChanged(value: string | null, usual: string): boolean {
  return value !== null && value !== usual && /^[\d ]+$/.test(usual);
}

function changedText(settings: readonly AuditedSetting[], shared: boolean): string {
  const changed = settings.filter(({ value, default: usual }) => isChanged(value, usual));
  if (changed.length === 0) return `all ${settings.length} that are often named as cures have the kernel's default.`;
  return `not the kernel's default: ${changed.map((one) => settingText(one, shared)).join(", ")}.`;
}

function caveats({ complete, unreadable, source }: Diagnosis): string[] {
  const lines: string[] = [];
  if (source === "proc") {
    lines.push("(without BPF, connections between two polls and the causes of closes and resets are not seen)");
  }
  if (!complete) lines.push(`(${incompleteness(unreadable)})`);
  return lines.map((line) => clip(line, COLUMNS * 2));
}
