// What very many TIME_WAIT sockets cost: the memory of the process that holds them in its model, and the time of a frame.
//
// usage: npm run bench:time-wait [-- SOCKETS]      as root; default 240,000, that is 1,000 requests a second for four minutes
//
// Makes them for real, in 52 of the 60 seconds that each stands, in a network namespace of its own, traced by bpftrace as
// `top` does it; then draws frames of the view of TIME_WAIT at 120x40. Prints how many the kernel counts, how many the model
// has and whose, the resident memory of this process, and the time of a frame.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Model } from "../../build/model/fold/model.js";
import { buildChurn } from "../../build/model/reports/build-churn.js";
import { buildSnapshot } from "../../build/model/reports/build-snapshot.js";
import { liveSource } from "../../build/source/auto.js";
import { topFrame } from "../../build/view/top-frame.js";
import { goTo, initialUi } from "../../build/view/screen/tabs.js";
import { CHURN } from "../../build/view/screen/time-wait-view.js";
import { NO_DATA } from "../../build/view/state/top-data.js";

// With more toward one address the kernel searches long for each next port: it takes those of one parity first.
const PER_RUN = 30_000;
const FRAMES = 20;
/** So that all of them stand at once. */
const MAKE_IN_S = 52;
const REST_MS = 1500;
const SETTINGS = "echo 1024 65535 > ip_local_port_range; echo 0 > tcp_tw_reuse; echo 300000 > tcp_max_tw_buckets";

const sockets = Number(process.argv[2] ?? 240_000);
const program = join(mkdtempSync(join(tmpdir(), "tcptrace-bench-")), "churn");
execFileSync("cc", ["-O2", "-o", program, fileURLToPath(new URL("../workload/churn.c", import.meta.url))]);
const netns = spawn("unshare", [
  "-n",
  "sh",
  "-c",
  `ip link set lo up; cd /proc/sys/net/ipv4; ${SETTINGS}; echo; sleep 300`,
]);
await once(netns.stdout, "data");

async function load() {
  for (let run = 0; run * PER_RUN < sockets; run++) {
    const words = [program, Math.min(PER_RUN, sockets - run * PER_RUN), sockets / MAKE_IN_S, `127.0.1.${run + 1}`];
    const churn = spawn("nsenter", [`--net=/proc/${netns.pid}/ns/net`, ...words.map(String)], { stdio: "ignore" });
    await once(churn, "exit");
  }
}

const kernelCount = () => Number(/ tw (\d+)/.exec(readFileSync(`/proc/${netns.pid}/net/sockstat`, "latin1"))?.[1]);
const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`;

function frames(model) {
  const ui = goTo(initialUi(1000), "timeWait");
  const times = [];
  let drawn = [];
  for (let frame = 0; frame < FRAMES; frame++) {
    const begin = performance.now();
    const answer = CHURN.own(buildChurn(model.tables));
    const data = { ...NO_DATA, snapshot: buildSnapshot(model.tables, 60_000), answer };
    drawn = topFrame(data, ui, { columns: 120, rows: 40 });
    times.push(performance.now() - begin);
  }
  return { times: times.toSorted((a, b) => a - b), drawn };
}

const model = new Model();
const stop = new AbortController();
let loadedAt = Infinity;
let isLoading = false;
let most = 0;
console.log(`before: ${megabytes(process.memoryUsage.rss())}`);
for await (const batch of liveSource("bpf").events(stop.signal)) {
  for (const event of batch) model.fold(event);
  most = Math.max(most, process.memoryUsage.rss());
  if (model.tables.isSeeded && !isLoading) {
    isLoading = true;
    void load().then(() => (loadedAt = performance.now()));
  }
  if (performance.now() - loadedAt > REST_MS) break;
}
const { timeWaits, lost } = model.tables;
console.log(`the kernel counts ${kernelCount()}, the model ${timeWaits.size}, lost ${lost}`);
for (const { pid, comm, now } of buildChurn(model.tables).processes) console.log(`  ${now} by ${comm} (${pid})`);
console.log(`resident: ${megabytes(process.memoryUsage.rss())}, at most ${megabytes(most)} before`);
const { times } = frames(model);
console.log(`a frame: median ${times[FRAMES / 2].toFixed(1)} ms, longest ${times.at(-1).toFixed(1)} ms`);
netns.kill();
stop.abort();
