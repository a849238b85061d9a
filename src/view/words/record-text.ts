import { formatNumber, formatPlural } from "../../base/quantity.ts";
import type { SourceName } from "../../model/events/event.ts";

/** Totals of a recording so far. */
export interface RecordingCounts {
  readonly transitions: number;
  readonly attributed: number;
  readonly lost: number;
  readonly source: SourceName | null;
  readonly seconds: number;
  readonly files: number;
  readonly bytes: number;
  /** Transitions not written because the disk was full. */
  readonly dropped: number;
}

/** `41,233 transitions in 61.2 s, 12 lost, 41,230 attributed, source bpf, 1.2 MB in 2 files`. */
export function recordingText(counts: RecordingCounts): string {
  const { transitions, attributed, lost, source, seconds, files, bytes, dropped } = counts;
  return [
    `${formatPlural(transitions, "transition")} in ${seconds.toFixed(1)} s`,
    `${formatNumber(lost)} lost`,
    `${formatNumber(attributed)} attributed`,
    `source ${source ?? "none"}`,
    `${bytesText(bytes)} in ${formatPlural(files, "file")}`,
    ...(dropped === 0 ? [] : [`${formatNumber(dropped)} not recorded: the disk was full`]),
  ].join(", ");
}

/** `812 B`, `1.2 MB`, in decimal units like disk sizes. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  for (const unit of ["kB", "MB", "GB"]) {
    value /= 1000;
    if (value < 1000) return `${value.toFixed(1)} ${unit}`;
  }
  return `${(value / 1000).toFixed(1)} TB`;
}
