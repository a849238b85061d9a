// The table of all cells, as Markdown: it is in the README as it is printed.

const HEAD = ["kernel", "bpftrace", "probes", "transitions", "owners right", "TIME_WAIT", "traces after", ""];

/** The table, a row a verdict. A number in brackets: skipped by the kernel, and found again. */
export function table(verdicts) {
  const rows = verdicts.map(cells);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((text, column) => text.padEnd(widths[column])).join(" | ")} |`;
  return [line(HEAD), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

function cells({ release, cell, seen, made, right, found, lost, timeWait, exact, startMs, note, complaints }) {
  const [bpftrace, probes] = cell.split(":");
  const verdict = complaints.length === 0 ? "ok" : "WRONG";
  const name = release.split(/[-+]/)[0];
  if (note !== undefined) return [name, bpftrace, probes, note, "", "", "", verdict];
  if (seen === undefined) return [name, bpftrace, probes, "", "", "", "", verdict];
  const told = lost > 0 ? `, ${lost} told to be lost` : "";
  const transitions = `${seen} of ${made}${found > 0 ? ` (${found})` : ""}${told}`;
  const rules =
    exact === null ? `${timeWait}, as the kernel` : `${timeWait}, as the kernel; rules equal at ${exact} ends`;
  const left = timeWait === null ? "by /proc" : rules;
  return [name, bpftrace, probes, transitions, `${right}`, left, `${(startMs / 1000).toFixed(0)} s`, verdict];
}
