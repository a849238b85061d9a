// Measures recording at full churn (loss, CPU, bytes per transition on disk) and the speed of reading a recording.
//
// usage: npm run bench:record [-- --connections 100000]     as root, on a quiet machine
//
// Ten transitions per connection. Each recording is made under the same load; CPU is that of tcptrace and its bpftrace.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readNumbers } from "./measure/arguments.ts";
import { cpuMicros, treeOf } from "./measure/process-cost.ts";
import { scratchFile } from "./measure/scratch.ts";
import { startTracer, tcptrace } from "./measure/tracer.ts";
import { TRANSITIONS, compileWorkload, runChurn } from "./measure/workload.ts";
import type { TraceEvent } from "../../src/model/events/event.ts";
import { Model } from "../../src/model/fold/model.ts";
import { Recording } from "../../src/recording/read/reader.ts";

const { connections } = readNumbers({ connections: 100_000 });

async function record(name: string): Promise<string> {
  const file = scratchFile(name);
  const { process: tracer, stderr } = await startTracer(tcptrace("record", "--source", "bpf", "-w", file), "ignore");
  await sleep(500);
  const pids = treeOf(tracer.pid);
  const before = cpuMicros(pids);
  const { seconds } = await runChurn(connections);
  await sleep(1500);
  const cpu = cpuMicros(pids) - before;
  await tracer.stop("SIGINT");
  const [, transitions = "", lost = ""] = /([\d,]+) transitions? in [\d.]+ s, ([\d,]+) lost/.exec(stderr()) ?? [];
  const total = Number(transitions.replaceAll(",", ""));
  const rate = ((connections * TRANSITIONS) / seconds).toFixed(0);
  console.log(
    `${name.padEnd(12)} ${rate.padStart(7)} transitions/s  ${transitions} recorded  ${lost} lost  ` +
      `${(statSync(file).size / total).toFixed(1)} bytes per transition  ` +
      `${(cpu / total).toFixed(2)} us of CPU a transition`,
  );
  return file;
}

/** Seconds that `events --json` takes for a recording. */
async function timeEvents(file: string): Promise<number> {
  const printed = scratchFile("printed");
  const [program, ...words] = tcptrace("events", "--json", "-r", file).words;
  const begun = performance.now();
  await once(spawn(program, words, { stdio: ["ignore", openSync(printed, "w"), "ignore"] }), "exit");
  return secondsSince(begun);
}

/** Measures folding alone, with all events read before, and then reading and folding together. */
async function timeModel(file: string) {
  const { signal } = new AbortController();
  const batches: (readonly TraceEvent[])[] = [];
  for await (const batch of (await Recording.open(file, signal)).events(signal)) batches.push(batch);
  const model = new Model();
  const begun = performance.now();
  for (const batch of batches) for (const event of batch) model.fold(event);
  const alone = secondsSince(begun);
  const again = performance.now();
  const other = new Model();
  for await (const batch of (await Recording.open(file, signal)).events(signal)) {
    for (const event of batch) other.fold(event);
  }
  return { alone, both: secondsSince(again), transitions: model.tables.counts.transitions };
}

function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1000;
}

compileWorkload("churn");
for (const name of ["run.tct", "run.tct.gz"]) {
  const file = await record(name);
  const events = await timeEvents(file);
  const { alone, both, transitions } = await timeModel(file);
  const perMillion = (seconds: number): string => ((seconds * 1e6) / transitions).toFixed(2);
  console.log(
    `${"".padEnd(12)} per million transitions: events --json ${perMillion(events)} s, ` +
      `reading and folding ${perMillion(both)} s, folding alone ${perMillion(alone)} s`,
  );
}
