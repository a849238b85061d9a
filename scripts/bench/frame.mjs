// CPU of one frame of the live view, by its parts, with the sockets that this machine has now.
//
// usage: node scripts/bench/frame.mjs     as root; `npm run bench:screen` runs it
import { Model } from "../../build/model/model.js";
import { diagnose } from "../../build/diagnosis/diagnose.js";
import { takeChurn } from "../../build/model/take-churn.js";
import { takeSnapshot } from "../../build/model/take-snapshot.js";
import { liveSource } from "../../build/source/auto.js";
import { paint } from "../../build/terminal/cells.js";
import { topFrame } from "../../build/view/top-frame.js";
import { initialUi } from "../../build/view/top-ui.js";

const FRAMES = 40;
const COLUMNS = 200;
const ROWS = 50;
const STUCK_AFTER_MS = 60_000;

const model = new Model();
const stop = new AbortController();
for await (const batch of liveSource("proc").events(stop.signal)) {
  for (const event of batch) model.fold(event);
  if (model.tables.isSeeded && model.tables.surveys > 1) break;
}
stop.abort();

const { tables } = model;
const cells = Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, () => [0, " "]));
const theme = Object.fromEntries(["plain", "bold", "dim", "warn", "bad", "good", "inverse"].map((style) => [style, 0]));
let data = null;
let frame = [];
const parts = {
  snapshot: () => takeSnapshot(tables, STUCK_AFTER_MS),
  TIME_WAIT: () => takeChurn(tables),
  diagnosis: () => diagnose(tables, { stuckAfterMs: STUCK_AFTER_MS }),
  layout: () => (frame = topFrame(data, initialUi(1000), { columns: COLUMNS, rows: ROWS })),
  cells: () => paint(cells, frame, theme, true),
};
data = { snapshot: parts.snapshot(), churn: parts["TIME_WAIT"]() };

console.log(`a frame of ${tables.sockets.size ?? "all"} sockets, CPU of each part:`);
for (const [name, run] of Object.entries(parts)) {
  const times = [];
  for (let count = 0; count < FRAMES; count += 1) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  times.sort((a, b) => a - b);
  console.log(`  ${name.padEnd(10)} median ${times[FRAMES / 2].toFixed(2)} ms, longest ${times.at(-1).toFixed(2)} ms`);
}
process.exit(0);
