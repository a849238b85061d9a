// Measures the delay from a socket becoming stuck until its process is the first row of `tcptrace top`.
//
// usage: npm run bench:crossing [-- RUNS [RATE]]     as root; default 5 runs; RATE is connections per second
//
// In each run, `top -b -d 250ms --stuck-after 3s` traces a new process that leaks one socket. The delay is measured
// from three seconds after the leak to the first table with this process and a stuck socket in its first row.
import { once } from "node:events";
import { release } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readNumbers } from "./measure/arguments.ts";
import { startInBackground } from "./measure/background.ts";
import { median } from "./measure/quantile.ts";
import { tcptrace } from "./measure/tracer.ts";
import { startChurn } from "./measure/workload.ts";
import { WORKLOADS } from "../project.ts";

const STUCK_AFTER_MS = 3000;
const TOP = tcptrace("top", "-b", "-d", "250ms", "--stuck-after", `${STUCK_AFTER_MS}ms`);
const LEAKER = [join(WORKLOADS, "leaker.py"), "fill", "0.001", "200", "10"];

const { runs, rate } = readNumbers({ runs: 5, rate: 0 });

/** The number in the STUCK column of a row, given the table's header. */
function stuckIn(row: string, title: string): number {
  const upToColumn = row.slice(0, title.indexOf("STUCK") + "STUCK".length);
  return Number(upToColumn.trim().split(/\s+/).at(-1));
}

async function measureDelay(): Promise<number> {
  const [file, ...words] = TOP.words;
  const top = startInBackground(file, words, ["ignore", "pipe", "inherit"]);
  const lines = createInterface({ input: top.stdout });
  await new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      if (line.includes("full probes")) resolve();
    });
  });
  const leaker = startInBackground("python3", LEAKER, ["pipe", "pipe", "inherit"]);
  const [said] = await once(createInterface({ input: leaker.stdout }), "line");
  const pid = /pid=(\d+)/.exec(String(said))?.[1] ?? "";
  const leaked = performance.now();
  let title = "";
  const shown = await new Promise<number>((resolve) => {
    lines.on("line", (line) => {
      if (title !== "" && line.trim().startsWith(`${pid} `) && stuckIn(line, title) > 0) resolve(performance.now());
      title = /^ *PID /.test(line) ? line : "";
    });
  });
  await leaker.stop("SIGKILL");
  await top.stop("SIGINT");
  return shown - leaked - STUCK_AFTER_MS;
}

const churn = rate > 0 ? startChurn(rate) : null;
const delays: number[] = [];
for (let run = 0; run < runs; run++) delays.push(await measureDelay());
await churn?.stop("SIGKILL");
const seconds = (ms: number): string => (ms / 1000).toFixed(2);
const all = delays.toSorted((a, b) => a - b).map(seconds);
console.log(`${release()}, ${rate} connections/s in the background`);
console.log(`first in top after ${all.join(" ")} s: median ${seconds(median(delays))} s, worst ${all.at(-1)} s`);
