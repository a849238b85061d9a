// tcptrace next to other tracers of TCP states, in one run: what each costs, what it loses, how it slows the workload, and how
// late its lines are.
//
// usage: npm run bench:compare [-- --rounds 3] [--rates 1000,8000,0] [--tcpstates "COMMAND"]     as root, on a quiet machine
//
// Rates are connections a second, ten transitions each; 0 is as fast as the machine can. COMMAND runs tcpstates of
// libbpf-tools where it is not in /usr/sbin: one that runs it in a root made by debootstrap, say. Rounds are interleaved; the table shows
// medians. Each tracer sees some seconds of the load before it is measured, since JavaScript has to warm up. CPU is of all the
// tracer's processes; BPF programs run in the workload's, and show as its slowdown. Latency is measured apart, with stdout a pipe.
import { execFile, spawn } from "node:child_process";
import { createReadStream, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { buildChurn } from "./capture.mjs";
import { latencies } from "./latency.mjs";
import { cpuMicros, peakMb, treeOf } from "./process-cost.mjs";
import { tracers } from "./tracers.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    rates: { type: "string", default: "1000,8000,0" },
    tcpstates: { type: "string" },
  },
});
const SECONDS = 8;
const WARM_SECONDS = 4;
const FULL_SPEED_CONNECTIONS = 80_000;
const WARM_CONNECTIONS = 20_000;
const ATTACH_MS = 3000;
const PROBES = 60;
const REFERENCE = "tcpstates (C, libbpf-tools)";
const churn = buildChurn();
const folder = mkdtempSync(join(tmpdir(), "tcptrace-compare-"));

async function work(rate, { seconds, connections }) {
  const count = rate === 0 ? connections : rate * seconds;
  const { stdout } = await promisify(execFile)(churn, [String(count), String(rate)]);
  const [, port, took] = /port=(\d+) .*seconds=([\d.]+)/.exec(stdout);
  return { transitions: count * 10, seconds: Number(took), port };
}

const warmUp = (rate) => work(rate, { seconds: WARM_SECONDS, connections: WARM_CONNECTIONS });
const measured = (rate) => work(rate, { seconds: SECONDS, connections: FULL_SPEED_CONNECTIONS });

async function countLines(file, pattern, port) {
  // Not a part of a longer number, such as a time.
  const ofPort = new RegExp(`(?<!\\d)${port}(?!\\d)`);
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (pattern.test(line) && ofPort.test(line)) count++;
  }
  return count;
}

/** Starts it and waits until it traces. `out` is for its stdout. */
async function start({ words: [file, ...rest], ready }, out) {
  const err = join(folder, "err");
  const child = spawn(file, rest, { stdio: ["ignore", out, openSync(err, "w")], detached: true });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await sleep(ATTACH_MS);
  if (ready !== null) while (!ready.test(readFileSync(err, "latin1"))) await sleep(50);
  const stop = async () => {
    process.kill(-Number(child.pid), "SIGINT");
    await ended;
  };
  return { child, stop };
}

async function run(tracer, rate) {
  const out = join(folder, "out");
  const { child, stop } = await start(tracer, openSync(out, "w"));
  await warmUp(rate);
  await sleep(500);
  const pids = treeOf(child.pid);
  const before = cpuMicros(pids);
  const { transitions, seconds, port } = await measured(rate);
  await sleep(500);
  const cpu = cpuMicros(pids) - before;
  const memory = peakMb(pids);
  await stop();
  const shown = tracer.lines === null ? null : await countLines(out, tracer.lines, port);
  return {
    rate: transitions / seconds,
    cpu: cpu / transitions,
    memory,
    seconds,
    lost: shown === null ? null : transitions - shown,
  };
}

async function late(tracer, rate) {
  if (tracer.port === null) return { half: null, most: null };
  const { child, stop } = await start(tracer, "pipe");
  child.stdout.resume();
  const load = work(rate, { seconds: SECONDS / 2, connections: FULL_SPEED_CONNECTIONS / 2 });
  const sorted = (await latencies(child.stdout, tracer.port, PROBES)).toSorted((a, b) => a - b);
  await load;
  await stop();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return { half: at(0.5), most: at(0.99) };
}

function median(numbers) {
  const sorted = numbers.filter((number) => number !== null).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

const all = tracers(values);
const COLUMNS = ["transitions/s", "us of CPU each", "of C", "lost", "slowdown", "peak MB", "late ms", "p99 ms"];
const fixed = (number, digits) => (number === null ? "-" : number.toFixed(digits));

for (const rate of values.rates.split(",").map(Number)) {
  const alone = [];
  const results = new Map(Object.keys(all).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    alone.push((await measured(rate)).seconds);
    for (const [name, tracer] of Object.entries(all)) {
      results.get(name).push({ ...(await run(tracer, rate)), ...(await late(tracer, rate)) });
    }
  }
  console.log(
    `\n${rate === 0 ? "as fast as it can" : `${rate * 10} transitions/s`}: the workload alone takes ${fixed(median(alone), 2)} s`,
  );
  console.log("".padEnd(28) + COLUMNS.map((title) => title.padStart(15)).join(""));
  const of = (name, key) => median((results.get(name) ?? []).map((one) => one[key]));
  for (const name of results.keys()) {
    const share = of(REFERENCE, "cpu") === null ? null : of(name, "cpu") / of(REFERENCE, "cpu");
    const cells = [
      fixed(of(name, "rate"), 0),
      fixed(of(name, "cpu"), 2),
      fixed(share, 2),
      fixed(of(name, "lost"), 0),
      `${Math.round((of(name, "seconds") / median(alone) - 1) * 100)} %`,
      fixed(of(name, "memory"), 0),
      fixed(of(name, "half"), 0),
      fixed(of(name, "most"), 0),
    ];
    console.log(name.padEnd(28) + cells.map((cell) => cell.padStart(15)).join(""));
  }
}
rmSync(folder, { recursive: true });
