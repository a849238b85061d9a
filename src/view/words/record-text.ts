import type { SourceName } from "../../model/events/event.ts";

/** What a run of `record` has come to so far. */
export interface RecordingCounts {
  readonly transitions: number;
  readonly attributed: number;
  readonly lost: number;
  readonly source: SourceName | null;
  readonly seconds: number;
  readonly files: number;
  readonly bytes: number;
  /** Transitions for which there was no room on the disk. */
  readonly dropped: number;
}

/** `41233 transitions in 61.2 s, 12 lost, 41230 with their process, source bpf, 1.2 MB in 2 files`. */
export function recordingText(counts: RecordingCounts): string {
  const { transitions, attributed, lost, source, seconds, files, bytes, dropped } = counts;
  return [
    `${transitions} transitions in ${seconds.toFixed(1)} s`,
    `${lost} lost`,
    `${attributed} attributed`,
    `source ${source ?? "none"}`,
    `${bytesText(bytes)} in ${files} ${files === 1 ? "file" : "files"}`,
    ...(dropped === 0 ? [] : [`${dropped} not recorded: the disk was full`]),
  ].join(", ");
}

/** `812 B`, `1.2 MB`, with decimal units as disks have them. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  for (const unit of ["kB", "MB", "GB"]) {
    value /= 1000;
    if (value < 1000) return `${value.toFixed(1)} ${unit}`;
  }
  return `${(value / 1000).toFixed(1)} TB`;
}
