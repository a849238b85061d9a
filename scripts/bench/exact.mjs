// How exact `tcptrace events --json` is while the machine is as busy as it can be.
//
// usage: npm run bench:exact [-- CONNECTIONS]     as root; default 60,000
//
// Opens and closes so many loopback connections at full speed (10 transitions each, and 2 of the listener), and compares
// what was printed with what the workload did: five changes of the client's process and five of the server's.
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildChurn } from "./capture.mjs";

const connections = Number(process.argv[2] ?? 60_000);
const cli = fileURLToPath(new URL("../../build/cli.js", import.meta.url));
const churn = buildChurn();

const tracer = spawn(process.execPath, [cli, "events", "--json", "--source", "bpf"], {
  stdio: ["ignore", "pipe", "pipe"],
});
const rows = [];
let summary = null;
createInterface({ input: tracer.stdout }).on("line", (line) => {
  if (line.startsWith('{"type":"transition"')) rows.push(line);
  else if (line.startsWith('{"type":"summary"')) summary = JSON.parse(line);
});
const attached = new Promise((resolve) => {
  tracer.stderr.on("data", (text) => text.includes("probes") && resolve());
});
const ended = new Promise((resolve) => tracer.on("close", resolve));
await attached;
const { stdout } = await promisify(execFile)(churn, [String(connections)]);
const [, server, client, port, , seconds] =
  /server=(\d+) client=(\d+) port=(\d+) connections=(\d+) seconds=([\d.]+)/.exec(stdout);
await sleep(2000);
const cpu = readFileSync(`/proc/${tracer.pid}/stat`, "latin1").split(") ")[1].split(" ");
tracer.kill("SIGINT");
await ended;

let shown = 0;
let found = 0;
let unknown = 0;
let wrong = 0;
for (const line of rows) {
  const { local, remote, pid, cause } = JSON.parse(line);
  const isServers = local?.endsWith(`:${port}`) ?? false;
  if (!isServers && !remote?.endsWith(`:${port}`)) continue;
  shown++;
  if (cause === "poll") found++;
  if (pid === null) unknown++;
  // The listener is opened by the parent, which is the client, and closed by the server.
  else if (remote !== null && pid !== Number(isServers ? server : client)) wrong++;
}
const expected = connections * 10 + 2;
console.log(`transitions made      ${expected} in ${seconds} s (${Math.round(expected / seconds)}/s)`);
console.log(`shown                 ${shown}, of them ${found} skipped by the kernel and found again`);
console.log(`lost, as tcptrace says ${summary.lost}; not accounted for: ${expected - shown - summary.lost}`);
console.log(`process wrong         ${wrong}, unknown ${unknown}`);
console.log(`CPU of tcptrace       ${(Number(cpu[11]) + Number(cpu[12])) / 100} s, bpftrace apart`);
