import { expect, it } from "vitest";
import { countRuns, kernelCount } from "../support/kernel-count.ts";
import { Lives, wholeCounts } from "../support/lives.ts";
import { type SummaryLine, traceEvents, type Tcptrace } from "../support/tcptrace.ts";
import { type Churn, churn, closed, netnsOf } from "../support/workload.ts";

/** What the workload makes besides its connections: its listener's beginning and end. */
const LISTENER = 2;

interface Shown {
  readonly lives: Lives;
  readonly listener: number;
  /** Of other processes of this machine. */
  readonly foreign: number;
  readonly lost: number;
  readonly gaps: number;
  readonly summary: SummaryLine;
}

async function readAll(tcptrace: Tcptrace, { server, client, port }: Churn): Promise<Shown> {
  const lives = new Lives({ server, client, port, netns: netnsOf("self") });
  let listener = 0;
  let foreign = 0;
  let lost = 0;
  let gaps = 0;
  let summary: SummaryLine | null = null;
  for await (const line of tcptrace.stream()) {
    if (line.type === "lost") lost += line.count;
    else if (line.type === "gap") gaps++;
    else if (line.type === "summary") summary = line;
    else if (lives.owns(line)) lives.add(line);
    else if (line.local === `127.0.0.1:${port}` && line.remote === null) listener++;
    else foreign++;
  }
  if (summary === null) throw new Error("no summary");
  return { lives, listener, foreign, lost, gaps, summary };
}

/**
 * The truth here is the kernel's own count, since it skips BPF programs at full churn and does not admit to all: in half
 * of the runs on Linux 6.18 `ran + skipped` was short of what the workload made by 2 to 66 of 200,002.
 */
it("counts what a buffer that is too small loses, to the event", { timeout: 120_000 }, async () => {
  const connections = 20_000;
  countRuns();
  const tcptrace = await traceEvents({ env: { BPFTRACE_PERF_RB_PAGES: "1" } });
  const bpftrace = await tcptrace.bpftrace();
  const before = await kernelCount(bpftrace);
  const truth = await churn(connections);
  await closed(truth.port);
  const after = await kernelCount(bpftrace);
  expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
  const { lives, lost, gaps, summary } = await readAll(tcptrace, truth);
  const made = after.ran - before.ran + (after.skipped - before.skipped);
  expect(summary.transitions + summary.lost).toBe(made);
  expect(summary.lost).toBeGreaterThan(0);
  // Some of what was told as lost may have been found since.
  expect(lost).toBeGreaterThanOrEqual(summary.lost);
  expect(gaps).toBe(0);
  expect(lives.transitions).toBeGreaterThan(0);
  expect((10 * connections + LISTENER) / made).toBeCloseTo(1, 2);
});

/**
 * Whether the machine can trace its own full load at all is the machine's affair (`npm run bench:exact` tells); what it
 * could not is counted, and what is shown is right.
 */
it("shows each transition of full churn, with its process, or counts it as lost", { timeout: 240_000 }, async () => {
  const connections = 100_000;
  const tcptrace = await traceEvents();
  const truth = await churn(connections);
  await closed(truth.port);
  expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
  const { lives, listener, lost, gaps, summary } = await readAll(tcptrace, truth);
  expect({ gaps, wrongOwners: lives.wrongOwners }).toEqual({ gaps: 0, wrongOwners: 0 });
  // Some of what was told as lost may have been found since.
  expect(lost).toBeGreaterThanOrEqual(summary.lost);
  expect((lives.transitions + listener + summary.lost) / (10 * connections + LISTENER)).toBeCloseTo(1, 2);
  if (lost > 0) return;
  expect(lives.complaints).toEqual([]);
  expect(lives.counts).toEqual(wholeCounts(connections));
  expect(lives.whole).toBe(2 * connections);
  expect(listener).toBe(LISTENER);
  expect(summary.attributed).toBe(summary.transitions);
});
