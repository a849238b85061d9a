// Checks over a long run that tcptrace loses and miscounts nothing, and prints its memory.
//
// usage: npm run bench:soak [-- --minutes 60] [--rate 2000]     as root
//
// RATE is connections per second of scripts/workload/churn.c, with ten transitions each. Prints a row per minute: lines
// so far, resident memory of Node.js and of bpftrace, CPU. At the end it compares each pair of states with the
// connections of the workload; those of the machine itself come on top. Exits 1 if anything was lost or a count is too
// low.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { readNumbers } from "./measure/arguments.ts";
import { cpuMicros, named, residentMb, treeOf } from "./measure/process-cost.ts";
import { tableRow } from "./measure/table-row.ts";
import { startTracer, tcptrace } from "./measure/tracer.ts";
import { TRANSITIONS, compileWorkload, runChurn } from "./measure/workload.ts";
import { SummaryLine } from "../output-lines.ts";

const MINUTE_MS = 60_000;
const REST_MS = 2000;
const WIDTHS = [6, 10, 8, 12, 12];

const { minutes, rate } = readNumbers({ minutes: 60, rate: 2000 });

compileWorkload("churn");
const { process: tracer, stderr } = await startTracer(tcptrace("events", "--json"), "pipe");
let printed = 0;
let last = "";
createInterface({ input: tracer.stdout }).on("line", (line) => {
  printed++;
  last = line;
});
const churned = runChurn(minutes * 60 * rate, rate);

console.log(tableRow(["minute", "lines", "node MB", "bpftrace MB", "% of a core"], WIDTHS));
let before = { cpu: cpuMicros(treeOf(tracer.pid)), at: performance.now() };
let isDone = false;
for (let minute = 1; !isDone; minute++) {
  isDone = await Promise.race([sleep(MINUTE_MS, false, { ref: false }), churned.then(() => true)]);
  const tree = treeOf(tracer.pid);
  const now = { cpu: cpuMicros(tree), at: performance.now() };
  const share = (now.cpu - before.cpu) / (now.at - before.at) / 10;
  before = now;
  const memory = [residentMb([tracer.pid]), residentMb(named("bpftrace", tree))];
  console.log(tableRow([minute, printed, ...memory.map(Math.round), share.toFixed(1)].map(String), WIDTHS));
}
const { connections, seconds } = await churned;
await sleep(REST_MS);
await tracer.stop("SIGINT");

const { transitions, lost, total, changes } = SummaryLine.parse(JSON.parse(last));
console.log(`${connections} connections in ${seconds} s: ${TRANSITIONS * connections} transitions`);
console.log(`tcptrace reports ${transitions}, lost ${lost}; the kernel counted ${total}`);
for (const { from, to, count } of changes) console.log(`${String(count).padStart(10)}  ${from} to ${to}`);
const whole = changes.filter(({ count }) => count >= connections).length;
console.log(stderr().trim());
const isExact = lost === 0 && transitions === total && whole >= TRANSITIONS;
console.log(isExact ? "nothing lost, all counts complete" : "NOT EXACT");
process.exitCode = isExact ? 0 : 1;
