// How long after a socket counts as stuck its process stands first in `tcptrace top`.
//
// usage: npm run bench:crossing [-- RUNS [CONNECTIONS_PER_SECOND]]     as root; default 5 runs, no load
//
// In each run a process is born under `top -b -d 250ms --stuck-after 3s` and leaks one socket. The delay is from three
// seconds after that to the first table whose first row is this process with a stuck socket.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildChurn } from "./capture.mjs";

const [runs = 5, perSecond = 0] = process.argv.slice(2).map(Number);
const STUCK_AFTER_MS = 3000;
const cli = fileURLToPath(new URL("../../build/cli.js", import.meta.url));
const leaker = fileURLToPath(new URL("../workload/leaker.py", import.meta.url));

async function delay() {
  const top = spawn(process.execPath, [cli, "top", "-b", "-d", "250ms", "--stuck-after", `${STUCK_AFTER_MS}ms`]);
  const lines = createInterface({ input: top.stdout });
  await new Promise((resolve) => lines.on("line", (line) => line.includes("full probes") && resolve()));
  const leak = spawn("python3", [leaker, "fill", "0.001", "200", "10"], { stdio: ["pipe", "pipe", "inherit"] });
  const [said] = await once(leak.stdout, "data");
  const pid = /pid=(\d+)/.exec(String(said))[1];
  const leaked = performance.now();
  let title = "";
  const shown = await new Promise((resolve) => {
    lines.on("line", (line) => {
      if (title !== "") {
        const stuck = line
          .slice(0, title.indexOf("STUCK") + 5)
          .trim()
          .split(/\s+/)
          .at(-1);
        if (line.trim().startsWith(`${pid} `) && Number(stuck) > 0) resolve(performance.now());
      }
      title = /^ *PID /.test(line) ? line : "";
    });
  });
  leak.kill("SIGKILL");
  top.kill("SIGINT");
  await once(top, "exit");
  return shown - leaked - STUCK_AFTER_MS;
}

const churn = perSecond > 0 ? spawn(buildChurn(), ["100000000", String(perSecond)], { detached: true }) : null;
const delays = [];
for (let run = 0; run < runs; run++) delays.push(await delay());
if (churn !== null) process.kill(-Number(churn.pid), "SIGKILL");
delays.sort((a, b) => a - b);
const seconds = delays.map((ms) => (ms / 1000).toFixed(2));
console.log(`${execFileSync("uname", ["-r"]).toString().trim()}, ${perSecond} connections/s beside it`);
console.log(
  `first in top after ${seconds.join(" ")} s: median ${seconds[Math.floor(runs / 2)]} s, worst ${seconds.at(-1)} s`,
);
