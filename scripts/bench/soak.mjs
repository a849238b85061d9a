// For as long as is asked: does tcptrace lose or miscount anything, and does its memory grow?
//
// usage: npm run bench:soak [-- --minutes 60] [--rate 2000]     as root
//
// RATE is connections a second, ten transitions each, made by scripts/workload/churn.c. A row a minute: what tcptrace has
// told, resident memory of Node and of bpftrace, CPU. At the end each pair of states against the connections that were
// made: the machine's own ones come on top. Exits 1 where anything is lost or too few.
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildChurn } from "./capture.mjs";
import { cpuMicros, treeOf } from "./process-cost.mjs";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, rate: { type: "string", default: "2000" } },
});
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
const PAIRS = 10;
const MINUTE_MS = 60_000;

const CLI = fileURLToPath(new URL("../../build/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tcptrace-soak-"));
const log = join(folder, "stderr");
const tcptrace = spawn(process.execPath, [CLI, "events", "--json"], { stdio: ["ignore", "pipe", openSync(log, "w")] });
let told = 0;
let last = "";
createInterface({ input: tcptrace.stdout }).on("line", (line) => {
  told++;
  last = line;
});
const ended = new Promise((resolve) => tcptrace.on("close", resolve));
while (!readFileSync(log, "utf8").includes("probes\n")) await sleep(100);

const churn = spawn(buildChurn(), [String(minutes * 60 * rate), String(rate)], {
  stdio: ["ignore", "pipe", "inherit"],
});
let said = "";
churn.stdout.on("data", (text) => (said += text));
const done = new Promise((resolve) => churn.on("close", resolve));

const residentMb = (pid) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))[1]) / 1024);
console.log("minute       told  node MB  bpftrace MB  % of a core");
let before = { cpu: cpuMicros(treeOf(tcptrace.pid)), at: performance.now() };
for (let minute = 1; churn.exitCode === null; minute++) {
  await Promise.race([sleep(MINUTE_MS), done]);
  const tree = treeOf(tcptrace.pid);
  const bpftrace = tree.find((pid) => readFileSync(`/proc/${pid}/comm`, "latin1").startsWith("bpftrace"));
  const now = { cpu: cpuMicros(tree), at: performance.now() };
  const share = (now.cpu - before.cpu) / (now.at - before.at) / 10;
  before = now;
  const row = [told, residentMb(tcptrace.pid), residentMb(bpftrace), share.toFixed(1)];
  console.log(
    `${String(minute).padStart(6)} ${row.map((one, index) => String(one).padStart([10, 8, 12, 12][index])).join(" ")}`,
  );
}
await sleep(2000);
tcptrace.kill("SIGINT");
await ended;

const connections = Number(/connections=(\d+)/.exec(said)[1]);
const { transitions, lost, total, changes } = JSON.parse(last);
console.log(`${connections} connections in ${/seconds=([\d.]+)/.exec(said)[1]} s: ${PAIRS * connections} transitions`);
console.log(`tcptrace told ${transitions}, lost ${lost}, and the kernel counted ${total}`);
for (const { from, to, count } of changes) console.log(`${String(count).padStart(10)}  ${from} to ${to}`);
const whole = changes.filter(({ count }) => count >= connections).length;
console.log(readFileSync(log, "utf8").trim());
rmSync(folder, { recursive: true });
const isExact = lost === 0 && transitions === total && whole >= PAIRS;
console.log(isExact ? "nothing lost, no pair below what was made" : "NOT EXACT");
process.exitCode = isExact ? 0 : 1;
