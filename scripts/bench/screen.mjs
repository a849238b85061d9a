// What the live view costs on a busy machine, and how long a key takes to show.
//
// usage: npm run bench:screen [-- SOCKETS [CONNECTIONS_PER_SECOND]]     as root; default 100,000 and 2,000
//
// Opens so many sockets (scripts/workload/many.c) and opens and closes connections beside them (churn.c; ten transitions
// each), runs `tcptrace top --source bpf` on a pseudo-terminal of 200x50 and measures
// - CPU of tcptrace and of bpftrace, each in percent of one core, over 20 s at the usual interval of a second;
// - from a key written to the end of the frame that it draws: 40 keys, no other frame near;
// - CPU of one frame, by its parts, in a process of its own whose model has read the same sockets.
import { execFileSync, spawn as spawnChild } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import { buildChurn } from "./capture.mjs";

const MOST_DESCRIPTORS = 18_000;
const CPU_SECONDS = 20;
const KEYS = 40;
const TICKS_PER_SECOND = 100;
const END_OF_FRAME = "\u001B[?2026l";
const cli = fileURLToPath(new URL("../../build/cli.js", import.meta.url));

const [sockets = 100_000, perSecond = 2000] = process.argv.slice(2).map(Number);

function buildMany() {
  const program = join(mkdtempSync(join(tmpdir(), "tcptrace-bench-")), "many");
  execFileSync("cc", ["-O2", "-o", program, fileURLToPath(new URL("../workload/many.c", import.meta.url))]);
  return program;
}

/** CPU seconds of a process so far. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function bpftraceUnder(pid) {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      if (stat.includes("(bpftrace)") && stat.replace(/^.*\) /, "").split(" ")[1] === String(pid)) return name;
    } catch {
      /* It has ended. */
    }
  }
  return null;
}

/** `top` on a pseudo-terminal, once it shows sockets. */
async function startTop(...words) {
  const top = spawn(process.execPath, [cli, "top", "--source", "bpf", ...words], {
    cols: 200,
    rows: 50,
    name: "xterm-256color",
    env: { ...process.env, TERM: "xterm-256color" },
  });
  const seen = { output: "", bytes: 0, answer: "", waiting: null };
  top.onData((data) => {
    seen.bytes += data.length;
    seen.output = (seen.output + data).slice(-200_000);
    // The end of a frame may come in two pieces.
    seen.answer += data;
    if (seen.answer.includes(END_OF_FRAME)) seen.waiting?.();
  });
  while (!/transitions\/s/.test(seen.output)) await sleep(50);
  return { top, seen };
}

async function stopTop(top) {
  const ended = new Promise((resolve) => top.onExit(resolve));
  top.write("q");
  await ended;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${value.toFixed(1)} ms`;

async function measureCpu() {
  const { top, seen } = await startTop();
  await sleep(5000);
  const tracer = bpftraceUnder(top.pid);
  const before = { node: cpuOf(top.pid), tracer: cpuOf(tracer), bytes: seen.bytes };
  await sleep(CPU_SECONDS * 1000);
  const share = (cpu) => `${((cpu / CPU_SECONDS) * 100).toFixed(1)} %`;
  const node = cpuOf(top.pid) - before.node;
  const bpftrace = cpuOf(tracer) - before.tracer;
  console.log(
    `CPU of one core: tcptrace ${share(node)}, bpftrace ${share(bpftrace)}, together ${share(node + bpftrace)}`,
  );
  console.log(`bytes to the terminal: ${Math.round((seen.bytes - before.bytes) / CPU_SECONDS)} a second`);
  await stopTop(top);
}

async function measureKeys() {
  const { top, seen } = await startTop("-d", "10s");
  await sleep(3000);
  const times = [];
  for (let key = 0; key < KEYS; key += 1) {
    await sleep(90 + ((key * 37) % 60));
    seen.answer = "";
    const drawn = new Promise((resolve) => (seen.waiting = resolve));
    const begin = performance.now();
    top.write(key % 2 === 0 ? "j" : "k");
    await drawn;
    times.push(performance.now() - begin);
    seen.waiting = null;
  }
  times.sort((a, b) => a - b);
  const longest = times.slice(-3).map(ms).join(", ");
  console.log(`key to paint: median ${ms(median(times))}, the longest of ${KEYS}: ${longest}`);
  await stopTop(top);
}

const many = spawnChild(buildMany(), [String(Math.floor(sockets / 2)), String(Math.ceil(sockets / MOST_DESCRIPTORS))], {
  stdio: ["pipe", "pipe", "inherit"],
});
for await (const line of createInterface({ input: many.stdout })) {
  console.log(`${line.split(" ")[0]}, ${perSecond * 10} transitions/s beside them`);
  break;
}
const churn = spawnChild(buildChurn(), ["100000000", String(perSecond)], { detached: true, stdio: "ignore" });
try {
  await measureCpu();
  await measureKeys();
} finally {
  process.kill(-Number(churn.pid), "SIGKILL");
}
execFileSync(process.execPath, [fileURLToPath(new URL("frame.mjs", import.meta.url))], { stdio: "inherit" });
many.stdin.end();
await once(many, "exit");
