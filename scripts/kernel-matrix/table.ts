// The table of all cells, as Markdown, for docs/kernels.md.
import type { Verdict } from "./verdict.ts";

const HEAD = ["kernel", "bpftrace", "probes", "transitions", "owners right", "TIME_WAIT", "traces after", ""];

/** A verdict and its kernel release. */
export interface ReleaseVerdict extends Verdict {
  readonly release: string;
}

/** The table, one row per verdict. In brackets: transitions that the kernel skipped and tcptrace restored. */
export function table(verdicts: readonly ReleaseVerdict[]): string {
  const rows = verdicts.map(cells);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(HEAD), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

function cells({ release, cell, note, figures, complaints }: ReleaseVerdict): string[] {
  const [bpftrace = "", probes = ""] = cell.split(":");
  const name = [release.split(/[-+]/)[0] ?? "", bpftrace, probes];
  const verdict = complaints.length === 0 ? "ok" : "WRONG";
  if (figures === null) return [...name, note, "", "", "", verdict];
  const { seen, made, right, found, lost, timeWait, exact, startMs } = figures;
  const dropped = lost > 0 ? `, ${lost} reported lost` : "";
  const transitions = `${seen} of ${made}${found > 0 ? ` (${found})` : ""}${dropped}`;
  const rules =
    exact === null ? `${timeWait}, as the kernel` : `${timeWait}, as the kernel; rules equal at ${exact} ends`;
  const left = timeWait === null ? "by /proc" : rules;
  return [...name, transitions, `${right}`, left, `${(startMs / 1000).toFixed(0)} s`, verdict];
}
