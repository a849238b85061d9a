// Checks how exact `tcptrace events --json` is at full load.
//
// usage: npm run bench:exact [-- CONNECTIONS]     as root; default 60,000
//
// Opens and closes loopback connections at full speed (10 transitions each, and 2 of the listener), and compares the
// output with what the workload did: five transitions each of the client and of the server process.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { readNumbers } from "./measure/arguments.ts";
import { cpuMicros } from "./measure/process-cost.ts";
import { startTracer, tcptrace } from "./measure/tracer.ts";
import { type Churn, TRANSITIONS, compileWorkload, runChurn } from "./measure/workload.ts";
import { SummaryLine, TRANSITION_LINE, TransitionLine } from "../output-lines.ts";

const REST_MS = 2000;
const OF_LISTENER = 2;

const { connections } = readNumbers({ connections: 60_000 });

/** The printed transitions of the workload. */
function compare(rows: readonly string[], { server, client, port }: Churn) {
  const counts = { shown: 0, found: 0, unknown: 0, wrong: 0 };
  for (const row of rows) {
    const { local, remote, pid, cause } = TransitionLine.parse(JSON.parse(row));
    const isServers = local?.endsWith(`:${port}`) ?? false;
    if (!isServers && remote?.endsWith(`:${port}`) !== true) continue;
    counts.shown++;
    if (cause === "poll") counts.found++;
    if (pid === null) counts.unknown++;
    // The listener is opened by the parent, which is the client process, and closed by the server.
    else if (remote !== null && pid !== (isServers ? server : client)) counts.wrong++;
  }
  return counts;
}

compileWorkload("churn");
const { process: tracer } = await startTracer(tcptrace("events", "--json", "--source", "bpf"), "pipe");
const rows: string[] = [];
let last = "";
createInterface({ input: tracer.stdout }).on("line", (line) => {
  if (TRANSITION_LINE.test(line)) rows.push(line);
  last = line;
});
const churn = await runChurn(connections);
await sleep(REST_MS);
const cpu = cpuMicros([tracer.pid]);
await tracer.stop("SIGINT");

const { lost } = SummaryLine.parse(JSON.parse(last));
const { shown, found, unknown, wrong } = compare(rows, churn);
const expected = connections * TRANSITIONS + OF_LISTENER;
console.log(`transitions made       ${expected} in ${churn.seconds} s (${Math.round(expected / churn.seconds)}/s)`);
console.log(`reported               ${shown}, including ${found} skipped by the kernel and restored`);
console.log(`reported lost          ${lost}; unaccounted for: ${expected - shown - lost}`);
console.log(`process wrong          ${wrong}, unknown ${unknown}`);
console.log(`CPU of tcptrace        ${(cpu / 1e6).toFixed(2)} s, without bpftrace`);
