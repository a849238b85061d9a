// Measures the cost of many TIME_WAIT sockets: memory of the model's process, and the time of a frame.
//
// usage: npm run bench:time-wait [-- SOCKETS]      as root; default 240,000: four minutes of 1,000 requests/s
//
// Creates them in the kernel, in a separate network namespace, within 52 of the 60 seconds that each lasts, traced by
// bpftrace as in `top`; then draws frames of the TIME_WAIT view at 120x40. Prints the kernel's count, the model's count
// with owners, the resident memory of this process, and the time of a frame.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readNumbers } from "./measure/arguments.ts";
import { startInBackground } from "./measure/background.ts";
import { median } from "./measure/quantile.ts";
import { compileWorkload } from "./measure/workload.ts";
import { Model } from "../../src/model/fold/model.ts";
import { buildChurn } from "../../src/model/reports/build-churn.ts";
import { buildSnapshot } from "../../src/model/reports/build-snapshot.ts";
import { liveSource } from "../../src/source/auto.ts";
import { goTo, initialUi } from "../../src/view/screen/tabs.ts";
import { CHURN } from "../../src/view/screen/time-wait-view.ts";
import { NO_DATA } from "../../src/view/state/top-data.ts";
import { topFrame } from "../../src/view/top-frame.ts";

// With more to one address, the kernel searches long for each port, since it tries ports of one parity first.
const PER_RUN = 30_000;
const FRAMES = 20;
/** Below 60 s, so that all of them exist at the same time. */
const MAKE_IN_S = 52;
const REST_MS = 1500;
const STUCK_AFTER_MS = 60_000;
const SETTINGS = "echo 1024 65535 > ip_local_port_range; echo 0 > tcp_tw_reuse; echo 300000 > tcp_max_tw_buckets";

const { sockets } = readNumbers({ sockets: 240_000 });
const program = compileWorkload("churn");
const script = `ip link set lo up; cd /proc/sys/net/ipv4; ${SETTINGS}; echo; sleep 300`;
const namespace = startInBackground("unshare", ["-n", "sh", "-c", script], ["ignore", "pipe", "inherit"]);
await once(namespace.stdout, "data");

async function load(): Promise<void> {
  for (let run = 0; run * PER_RUN < sockets; run++) {
    const words = [program, Math.min(PER_RUN, sockets - run * PER_RUN), sockets / MAKE_IN_S, `127.0.1.${run + 1}`];
    const enter = [`--net=/proc/${namespace.pid}/ns/net`, ...words.map(String)];
    await startInBackground("nsenter", enter, "ignore").ended;
  }
}

function kernelCount(): number {
  return Number(/ tw (\d+)/.exec(readFileSync(`/proc/${namespace.pid}/net/sockstat`, "latin1"))?.[1]);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}

function timeFrames({ tables }: Model): number[] {
  const ui = goTo(initialUi(1000), "timeWait");
  return Array.from({ length: FRAMES }, () => {
    const begun = performance.now();
    const answer = CHURN.own(buildChurn(tables));
    const data = { ...NO_DATA, snapshot: buildSnapshot(tables, STUCK_AFTER_MS), answer };
    topFrame(data, ui, { columns: 120, rows: 40 });
    return performance.now() - begun;
  });
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
  if (model.tables.surveys.isSeeded && !isLoading) {
    isLoading = true;
    void load().then(() => (loadedAt = performance.now()));
  }
  if (performance.now() - loadedAt > REST_MS) break;
}
const { table: timeWaits } = model.tables.timeWaits;
const { lost } = model.tables.counts;
console.log(`the kernel counts ${kernelCount()}, the model ${timeWaits.size}, lost ${lost}`);
for (const { pid, comm, now } of buildChurn(model.tables).processes) console.log(`  ${now} by ${comm} (${pid})`);
console.log(`resident: ${megabytes(process.memoryUsage.rss())}, at most ${megabytes(most)} before`);
const times = timeFrames(model);
console.log(`a frame: median ${median(times).toFixed(1)} ms, longest ${Math.max(...times).toFixed(1)} ms`);
stop.abort();
await namespace.stop("SIGKILL");
