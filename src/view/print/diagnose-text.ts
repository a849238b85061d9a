import { formatDuration, formatPlural, formatSetting } from "../../base/quantity.ts";
import type { AuditedSetting } from "../../diagnosis/audit.ts";
import type { Finding, Severity } from "../../diagnosis/facts/finding.ts";
import type { Diagnosis } from "../../diagnosis/report.ts";
import { clip, width, wrap } from "../format/format.ts";
import { incompleteness } from "../words/polled.ts";

const COLUMNS = 100;
const MOST_LINES = 20;
const COMMAND = /\b(?:sudo|ss|tcptrace explain) [^;,()]+/g;
/** A blank at which no line ends. */
const GLUE = "\u00a0";
const LABEL: Readonly<Record<Severity, string>> = { critical: "CRITICAL", warning: "WARNING", info: "INFO" };

/** The answer for people: each finding with its advice, then the settings that folklore names, as they are here. */
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
    `looked for ${formatDuration(seconds * 1000)} at ${formatPlural(sockets, "socket")} and ${timeWait} in TIME_WAIT, of ` +
    `${formatPlural(processes, "process", "processes")} in ${formatPlural(namespaces, "network namespace")}, at ` +
    `${formatPlural(transitions, "transition")} and at the kernel's counters`;
  const bad = findings.filter(({ severity }) => severity !== "info").length;
  const notes = findings.length - bad;
  if (bad > 0)
    return `${formatPlural(bad, "thing is", "things are")} wrong${notes > 0 ? `, ${formatPlural(notes, "note")}` : ""}: ${looked}.`;
  const rest = notes > 0 ? `; ${formatPlural(notes, "note")} below` : "";
  return `Nothing is wrong${rest}: ${looked}; no socket has been stuck in CLOSE_WAIT for ${formatSetting(stuckAfterMs)}.`;
}

function findingLines({ severity, title, advice, avoid, sources, id }: Finding): string[] {
  return [
    ...block(`${LABEL[severity]}  `, `${title}.`),
    ...advice.flatMap((text, index) => block(`  ${index + 1}. `, text)),
    ...avoid.flatMap(({ what, why }) => block("  not ", `${what}: ${why}`)),
    ...block("  see ", `tcptrace explain ${id}; ${sources.join("; ")}`),
  ];
}

/** A text in lines, the first with this begin and the others as far in. Commands stay whole, to be copied. */
function block(begin: string, text: string): string[] {
  const columns = COLUMNS - width(begin);
  const whole = text.replace(COMMAND, (command) =>
    command.length < columns ? command.replaceAll(" ", GLUE) : command,
  );
  const lines = wrap(whole, columns, MOST_LINES).map((line) => line.replaceAll(GLUE, " "));
  return lines.map((line, index) => (index === 0 ? begin : " ".repeat(width(begin))) + line);
}

/** What each setting would do for what was found; where nothing was, those that are not the kernel's default. */
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
  const lines = ["Settings that are said to help, and whether they would (tcptrace explain NAME tells more):"];
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

/** Defaults that depend on the machine stand in words. */
function isChanged(value: string | null, usual: string): boolean {
  return value !== null && value !== usual && /^[\d ]+$/.test(usual);
}

function changedText(settings: readonly AuditedSetting[], shared: boolean): string {
  const changed = settings.filter(({ value, default: usual }) => isChanged(value, usual));
  if (changed.length === 0) return `the ${settings.length} that folklore names are as the kernel has them by default.`;
  return `not the kernel's default: ${changed.map((one) => settingText(one, shared)).join(", ")}.`;
}

function caveats({ complete, unreadable, source }: Diagnosis): string[] {
  const lines: string[] = [];
  if (source === "proc") {
    lines.push("(without BPF: what lived between two polls, and who reset or closed it, was not seen)");
  }
  if (!complete) lines.push(`(${incompleteness(unreadable)})`);
  return lines.map((line) => clip(line, COLUMNS * 2));
}
