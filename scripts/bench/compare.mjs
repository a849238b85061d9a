// tcptrace next to other tracers of TCP states, in one run: what each costs, what it loses and how it slows the workload.
//
// usage: npm run bench:compare [-- --rounds N] [--rates 1000,8000,0] [--tcpstates "COMMAND"]     as root, on a quiet machine
//
// Rates are connections a second, ten transitions each; 0 is as fast as the machine can. COMMAND runs tcpstates of
// libbpf-tools where it is not in /usr/sbin (in a root made by debootstrap: "chroot /opt/roots/trixie tcpstates-libbpf").
// Rounds are interleaved; the table shows medians. CPU is of all the tracer's processes, BPF programs apart, which run in
// the workload's.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { buildChurn } from "./capture.mjs";
import { tracers, treeOf } from "./tracers.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    rates: { type: "string", default: "1000,8000,0" },
    tcpstates: { type: "string" },
  },
});
const SECONDS = 4;
const FULL_SPEED_CONNECTIONS = 60_000;
const ATTACH_MS = 3000;
const churn = buildChurn();
const folder = mkdtempSync(join(tmpdir(), "tcptrace-compare-"));

function cpuMs(pids) {
  let ticks = 0;
  for (const pid of pids) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1).split(" ");
      for (const field of fields.slice(11, 15)) ticks += Number(field);
    } catch {
      // A child that has ended is in its parent's sum.
    }
  }
  return ticks * 10;
}

function peakMb(pids) {
  const kilobytes = pids.map((pid) => {
    try {
      return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

async function work(rate) {
  const connections = rate === 0 ? FULL_SPEED_CONNECTIONS : rate * SECONDS;
  const { stdout } = await promisify(execFile)(churn, [String(connections), String(rate)]);
  const [, port, seconds] = /port=(\d+) .*seconds=([\d.]+)/.exec(stdout);
  return { transitions: connections * 10, seconds: Number(seconds), port };
}

async function countLines(file, pattern, port) {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (pattern.test(line) && line.includes(port)) count++;
  }
  return count;
}

async function run({ words, ready, lines }, rate) {
  const [out, err] = ["out", "err"].map((name) => join(folder, name));
  const [file, ...rest] = words;
  const child = spawn(file, rest, { stdio: ["ignore", openSync(out, "w"), openSync(err, "w")], detached: true });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await sleep(ATTACH_MS);
  const head = () => readFileSync(err, "latin1") + readFileSync(out, "latin1").slice(0, 4096);
  if (ready !== null) for (let said = head(); !ready.test(said); said = head()) await sleep(50);
  const pids = treeOf(child.pid);
  const before = cpuMs(pids);
  const { transitions, seconds, port } = await work(rate);
  await sleep(1000);
  const cpu = cpuMs(pids) - before;
  const memory = peakMb(pids);
  process.kill(-Number(child.pid), "SIGINT");
  await ended;
  const shown = lines === null ? null : await countLines(out, lines, port);
  return { cpu: (cpu * 1000) / transitions, memory, seconds, lost: shown === null ? null : transitions - shown };
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const all = tracers(values);
for (const rate of values.rates.split(",").map(Number)) {
  const alone = [];
  const results = new Map(Object.keys(all).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    alone.push((await work(rate)).seconds);
    for (const [name, tracer] of Object.entries(all)) results.get(name).push(await run(tracer, rate));
  }
  console.log(`\n${rate === 0 ? "full speed" : `${rate * 10} transitions/s`}, alone ${median(alone).toFixed(2)} s`);
  console.log("tracer                        us of CPU a transition   lost of all   slowdown   peak MB");
  for (const [name, runs] of results) {
    const of = (key) => median(runs.map((one) => one[key]));
    const lost = of("lost") === null ? "-" : String(of("lost"));
    const slowdown = `${Math.round((of("seconds") / median(alone) - 1) * 100)} %`;
    const cells = [
      of("cpu").toFixed(2).padStart(23),
      lost.padStart(13),
      slowdown.padStart(10),
      of("memory").toFixed(0).padStart(9),
    ];
    console.log(name.padEnd(29), cells.join(" "));
  }
}
rmSync(folder, { recursive: true });
