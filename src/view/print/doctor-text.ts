import { safeText } from "../../base/text.ts";
import type { DoctorCheck, DoctorReport } from "./doctor-report.ts";

const INDENT = "   ";

/**
 * Doctor's answer for people: a line per check with its fix below, then the source that `auto` uses and why not a
 * better one.
 */
export function doctorText(report: DoctorReport): string {
  const width = Math.max(0, ...report.checks.map(({ id }) => id.length));
  const lines = report.checks.flatMap((check) => checkLines(check, width));
  lines.push("", `--source auto uses ${report.takes}.`);
  for (const { source, reason, fix } of report.passedOver) {
    lines.push(`${INDENT}not ${source}: ${reason}${fix === null ? "" : ` (${fix})`}`);
  }
  return lines.map((line) => `${safeText(line)}\n`).join("");
}

function checkLines(check: DoctorCheck, width: number): string[] {
  const line = `${mark(check)} ${check.id.padEnd(width)}  ${check.detail}`;
  return check.fix === null ? [line] : [line, `${INDENT}${" ".repeat(width)}  fix: ${check.fix}`];
}

/** `--`: missing but optional. */
function mark({ ok, needed }: DoctorCheck): string {
  if (ok) return "ok";
  return needed ? "!!" : "--";
}
