// What recording costs at full churn, and how fast a recording is read: loss, bytes a transition on disk, seconds.
//
// usage: npm run bench:record [-- --connections 100000]     as root, on a quiet machine
//
// Ten transitions a connection. Each recording is made beside the same load; CPU is of tcptrace and its bpftrace.
import { spawn, execFileSync } from "node:child_process";
import { createReadStream, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Model } from "../../build/model/fold/model.js";
import { Recording } from "../../build/recording/read/reader.js";
import { buildChurn } from "./capture.mjs";
import { treeOf } from "./process-cost.mjs";

const { values } = parseArgs({ options: { connections: { type: "string", default: "100000" } } });
const CLI = fileURLToPath(new URL("../../build/cli.js", import.meta.url));
const churn = buildChurn();
const folder = mkdtempSync(join(tmpdir(), "tcptrace-record-"));

function cpuSeconds(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1).split(" ");
    for (const field of fields.slice(11, 13)) ticks += Number(field);
  }
  return ticks / 100;
}

async function record(name) {
  const file = join(folder, name);
  const errors = `${file}.err`;
  const child = spawn(process.execPath, [CLI, "record", "--source", "bpf", "-w", file], {
    stdio: ["ignore", "ignore", openSync(errors, "w")],
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const said = () => readFileSync(errors, "latin1");
  while (!said().includes("full probes")) await sleep(50);
  await sleep(500);
  const pids = treeOf(child.pid).filter((pid) => !said().includes(`pid ${pid} `));
  const before = cpuSeconds(pids);
  const load = execFileSync(churn, [values.connections], { encoding: "latin1" });
  await sleep(1500);
  const cpu = cpuSeconds(pids) - before;
  child.kill("SIGINT");
  await ended;
  const [, transitions, lost] = /(\d+) transitions in [\d.]+ s, (\d+) lost/.exec(said()) ?? [];
  const seconds = Number(/seconds=([\d.]+)/.exec(load)?.[1]);
  const total = Number(transitions);
  console.log(
    `${name.padEnd(12)} ${((Number(values.connections) * 10) / seconds).toFixed(0).padStart(7)} transitions/s  ` +
      `${transitions} recorded  ${lost} lost  ${(statSync(file).size / total).toFixed(1)} bytes a transition  ` +
      `${((cpu * 1e6) / total).toFixed(2)} us of CPU a transition`,
  );
  return file;
}

async function timeEvents(file) {
  const begun = performance.now();
  const child = spawn(process.execPath, [CLI, "events", "--json", "-r", file], {
    stdio: ["ignore", openSync(join(folder, "out"), "w"), "ignore"],
  });
  await new Promise((resolve) => child.on("exit", resolve));
  const seconds = (performance.now() - begun) / 1000;
  let lines = 0;
  for await (const _ of createInterface({ input: createReadStream(join(folder, "out")) })) lines++;
  return { seconds, lines };
}

/** Events are read first, so that the model alone is measured; and then once more, together. */
async function timeModel(file) {
  const { signal } = new AbortController();
  const batches = [];
  for await (const batch of (await Recording.open(file, signal)).events(signal)) batches.push(batch);
  const model = new Model();
  const begun = performance.now();
  for (const batch of batches) for (const event of batch) model.fold(event);
  const alone = (performance.now() - begun) / 1000;
  const again = performance.now();
  const other = new Model();
  for await (const batch of (await Recording.open(file, signal)).events(signal))
    for (const event of batch) other.fold(event);
  const { transitions } = model.tables;
  return { alone, both: (performance.now() - again) / 1000, transitions };
}

for (const name of ["run.tct", "run.tct.gz"]) {
  const file = await record(name);
  const events = await timeEvents(file);
  const model = await timeModel(file);
  const perMillion = (seconds) => ((seconds * 1e6) / model.transitions).toFixed(2);
  console.log(
    `${"".padEnd(12)} a million transitions: events --json ${perMillion(events.seconds)} s, ` +
      `read and folded ${perMillion(model.both)} s, folded alone ${perMillion(model.alone)} s`,
  );
}
rmSync(folder, { recursive: true, force: true });
