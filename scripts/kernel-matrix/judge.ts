// Judges the output of a cell: all transitions, each with the right process, and TIME_WAIT.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CellResult, Refusal, RefusalsResult, Truth } from "./guest/cell-result.ts";
import { judgeOwners } from "./judge-owners.ts";
import { judgeRules } from "./judge-rules.ts";
import { judgeTimeWait } from "./judge-time-wait.ts";
import { impossible } from "./plan.ts";
import { failed, type Verdict } from "./verdict.ts";
import { SummaryLine, TRANSITION_LINE, TransitionLine } from "../output-lines.ts";

/** The kernel skips a fentry program while another one, preempted or interrupted, is on that CPU, and counts it. */
const MAY_LOSE = new Set(["fentry"]);
/** These kernels count a mini-socket only at its end, a minute later: there the expected number is computed. */
const COUNTS_ENDS = new Set(["5.10"]);
/** Mini-sockets that a connection leaves behind on both sides, by way of closing; 0 if not listed. */
const LEFT_BY_WAY = new Map([
  ["close", 1],
  ["shutdown", 1],
  ["both", 2],
  ["orphan-reset", 1],
]);
/** Without access to the kernel's structs there is no evidence of TIME_WAIT. */
const WITHOUT_EVIDENCE = new Set(["basic"]);

export async function judge(folder: string, kernel: string, cell: string): Promise<Verdict> {
  const file = join(folder, cell.replace(":", "-"));
  if (!existsSync(`${file}.json`)) return failed(cell, "not run: the machine stopped before it");
  const result: CellResult | RefusalsResult = JSON.parse(readFileSync(`${file}.json`, "utf8"));
  if ("refusals" in result) return judgeRefusals(cell, result.refusals);
  const stderr = readFileSync(`${file}.stderr`, "utf8");
  const why = impossible(kernel, cell);
  if (why !== null) return judgeImpossible(cell, result, stderr, why);
  const { truth, error, exitCode } = result;
  if (truth === null || error !== null) return failed(cell, `${error}: ${lastLine(stderr)}`);
  const lines = readFileSync(`${file}.ndjson`, "utf8").trim().split("\n");
  const rows = lines.filter((line) => TRANSITION_LINE.test(line)).map((line) => TransitionLine.parse(JSON.parse(line)));
  const { lost } = SummaryLine.parse(JSON.parse(lines.at(-1) ?? ""));
  const complaints = exitCode === 0 ? [] : [`tcptrace exited with ${exitCode}`];
  const [, probes = ""] = cell.split(":");
  const losses = { lost, mayLose: MAY_LOSE.has(probes) };
  const created = COUNTS_ENDS.has(kernel) ? leftByWays(truth) : truth.created;
  const owners = judgeOwners(rows, truth, losses, complaints);
  const timeWait = WITHOUT_EVIDENCE.has(probes) ? null : judgeTimeWait(rows, { ...truth, created }, losses, complaints);
  const exact = await judgeRules(`${file}.tct`, losses, complaints);
  return { cell, note: "", figures: { ...owners, lost, timeWait, exact, startMs: truth.startMs }, complaints };
}

function judgeRefusals(cell: string, refusals: readonly Refusal[]): Verdict {
  const complaints = refusals.flatMap(({ name, complaints: wrong }) => wrong.map((text) => `${name}: ${text}`));
  const names = refusals.map(({ name }) => name).join(", ");
  return { cell, note: `${names}: reported, next source used`, figures: null, complaints };
}

/** tcptrace must report the failure in one line of JSON, as it was started with --json. */
function judgeImpossible(cell: string, { exitCode }: CellResult, stderr: string, why: string): Verdict {
  const last = lastLine(stderr);
  const isReported =
    exitCode === 4 && /^\{"error":\{"code":"[\w-]+","message":"TCPTRACE_PROBES is \w+: bpftrace said: /.test(last);
  const complaints = isReported ? [] : [`should have failed with 4, exited with ${exitCode}: ${last}`];
  return { cell, note: why, figures: null, complaints };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function leftByWays({ connections, ways }: Truth): number {
  return ways.reduce((sum, { way, count }) => sum + count * (LEFT_BY_WAY.get(way) ?? 0), connections);
}
