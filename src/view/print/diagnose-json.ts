import type { Diagnosis } from "../../diagnosis/report.ts";
import { isoTime } from "../format/time.ts";

/** The answer as one JSON document with a newline, as docs/command-line.md has it. */
export function diagnoseJson({ wallMs, seconds, ...diagnosis }: Diagnosis): string {
  const { source, findings, settings, complete, unreadable, lost, stuckAfterMs, lookedAt } = diagnosis;
  const watched = { seconds: Math.round(seconds * 10) / 10, complete, unreadable, lost, stuckAfterMs, lookedAt };
  return `${JSON.stringify({ time: isoTime(wallMs), source, ...watched, findings, settings })}\n`;
}
