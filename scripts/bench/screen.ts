// Measures the cost of the live view on a busy machine, and its response to keys.
//
// usage: npm run bench:screen [-- SOCKETS [RATE]]     as root; default 100,000 and 2,000 connections per second
//
// Opens that many sockets (scripts/workload/many.c), opens and closes connections in the background (churn.c; ten
// transitions each), runs `tcptrace top --source bpf` on a pseudo-terminal of 200x50 and measures
// - CPU of tcptrace and of bpftrace, each in percent of one core, over 20 s at the default interval of a second;
// - the time from a key press to the end of its frame: 40 keys, with no other frame at that time;
// - CPU of one frame, by its parts, in a separate process whose model has read the same sockets.
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type IPty, spawn } from "@lydell/node-pty";
import { readNumbers } from "./measure/arguments.ts";
import { cpuMicros, named, treeOf } from "./measure/process-cost.ts";
import { median } from "./measure/quantile.ts";
import { tcptrace } from "./measure/tracer.ts";
import { TRANSITIONS, openSockets, startChurn } from "./measure/workload.ts";

const CPU_SECONDS = 20;
const KEYS = 40;
const END_OF_FRAME = "\u001B[?2026l";
const MOST_KEPT = 200_000;
const FRAME = fileURLToPath(new URL("frame.js", import.meta.url));

const { sockets, rate } = readNumbers({ sockets: 100_000, rate: 2000 });

/** `top` on a pseudo-terminal. */
class Top {
  readonly pid: number;
  /** Number of bytes written so far. */
  bytes = 0;
  readonly #pty: IPty;
  #output = "";
  /** Its output since the last key, and the callback at the end of a frame. */
  #answer = "";
  #onFrame: (() => void) | null = null;

  constructor(...options: readonly string[]) {
    const [file, ...words] = tcptrace("top", "--source", "bpf", ...options).words;
    const env = { ...process.env, TERM: "xterm-256color" };
    this.#pty = spawn(file, words, { cols: 200, rows: 50, name: "xterm-256color", env });
    this.pid = this.#pty.pid;
    this.#pty.onData((data) => {
      this.bytes += data.length;
      this.#output = (this.#output + data).slice(-MOST_KEPT);
      // The end of a frame may be split between two chunks.
      this.#answer += data;
      if (this.#answer.includes(END_OF_FRAME)) this.#onFrame?.();
    });
  }

  /** Waits until it shows data. */
  async shows(): Promise<void> {
    while (!/transitions\/s/.test(this.#output)) await sleep(50);
  }

  /** Presses a key; resolves at the end of the next frame. */
  async press(key: string): Promise<void> {
    this.#answer = "";
    const drawn = new Promise<void>((resolve) => {
      this.#onFrame = resolve;
    });
    this.#pty.write(key);
    await drawn;
    this.#onFrame = null;
  }

  async quit(): Promise<void> {
    const ended = new Promise((resolve) => {
      this.#pty.onExit(resolve);
    });
    this.#pty.write("q");
    await ended;
  }
}

async function measureCpu(): Promise<void> {
  const top = new Top();
  await top.shows();
  await sleep(5000);
  const tracers = named("bpftrace", treeOf(top.pid));
  const now = () => ({ node: cpuMicros([top.pid]), tracer: cpuMicros(tracers), bytes: top.bytes });
  const before = now();
  await sleep(CPU_SECONDS * 1000);
  const after = now();
  const share = (micros: number): string => `${(micros / CPU_SECONDS / 1e4).toFixed(1)} %`;
  const node = after.node - before.node;
  const bpftrace = after.tracer - before.tracer;
  console.log(
    `CPU of one core: tcptrace ${share(node)}, bpftrace ${share(bpftrace)}, together ${share(node + bpftrace)}`,
  );
  console.log(`bytes to the terminal: ${Math.round((after.bytes - before.bytes) / CPU_SECONDS)} per second`);
  await top.quit();
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}

async function measureKeys(): Promise<void> {
  const top = new Top("-d", "10s");
  await top.shows();
  await sleep(3000);
  const times: number[] = [];
  for (let key = 0; key < KEYS; key += 1) {
    await sleep(90 + ((key * 37) % 60));
    const begun = performance.now();
    await top.press(key % 2 === 0 ? "j" : "k");
    times.push(performance.now() - begun);
  }
  const longest = times.toSorted((a, b) => a - b).slice(-3);
  console.log(`key to paint: median ${ms(median(times))}, longest of ${KEYS}: ${longest.map(ms).join(", ")}`);
  await top.quit();
}

const open = await openSockets(sockets);
console.log(`${open.sockets} sockets, ${rate * TRANSITIONS} transitions/s in the background`);
const churn = startChurn(rate);
await measureCpu();
await measureKeys();
await churn.stop("SIGKILL");
execFileSync(process.execPath, [FRAME], { stdio: "inherit" });
await open.close();
