// CPU of one frame of each view of `top`, with the sockets that this machine has now.
//
// usage: node scripts/bench/frame.mjs     as root; `npm run bench:screen` runs it
//
// A frame is all of it: what the view asks of the model, the diagnosis that is made anew each second, the layout, the cells and
// the charts; what blessed then writes is a millisecond more. The first three rows are parts of it.
import { PassThrough } from "node:stream";
import { TopPicture } from "../../build/commands/top/data/top-picture.js";
import { ModelSource } from "../../build/commands/top/data/model-source.js";
import { diagnose } from "../../build/diagnosis/diagnose.js";
import { GROUPINGS } from "../../build/model/lists/group.js";
import { MATCH_ALL } from "../../build/model/filter/filter.js";
import { Model } from "../../build/model/fold/model.js";
import { buildSnapshot } from "../../build/model/reports/build-snapshot.js";
import { liveSource } from "../../build/source/auto.js";
import { library } from "../../build/terminal/blessed-private.js";
import { paint } from "../../build/terminal/cells.js";
import { newPlot } from "../../build/terminal/plot.js";
import { topFrame } from "../../build/view/top-frame.js";
import { goTo, initialUi } from "../../build/view/screen/tabs.js";
import { TABS } from "../../build/view/screen/views.js";
import { goInto } from "../../build/view/state/top-ui.js";

const FRAMES = 40;
const SECOND = 1e9;
const SIZE = { columns: 200, rows: 50 };
const STUCK_AFTER_MS = 60_000;
const POINTS = 300;

const model = new Model();
const source = new ModelSource(model, STUCK_AFTER_MS);
const stop = new AbortController();
for await (const batch of liveSource("proc").events(stop.signal)) {
  for (const event of batch) model.fold(event);
  if (model.tables.isSeeded && model.tables.surveys > 1) break;
}
stop.abort();

const output = Object.assign(new PassThrough(), { ...SIZE, isTTY: true });
const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
const plot = newPlot(library.screen({ input, output, terminal: "xterm", warnings: false }));
const cells = Array.from({ length: SIZE.rows }, () => Array.from({ length: SIZE.columns }, () => [0, " "]));
const theme = Object.fromEntries(["plain", "bold", "dim", "warn", "bad", "good", "inverse"].map((style) => [style, 0]));
const { tables } = model;

const start = initialUi(1000);
const largest = buildSnapshot(tables, STUCK_AFTER_MS).processes.toSorted((a, b) => b.established - a.established)[0];
const screens = [
  ...TABS.map(({ id }) => [id, goTo(start, id)]),
  ["one process", goInto(start, { kind: "process", pid: largest?.pid ?? 0, name: "" })],
  ...GROUPINGS.map((grouping) => [`by ${grouping}`, { ...start, grouping }]),
  ["filter", { ...start, filter: { ...start.filter, text: "dport:443" } }],
];

const chart = () => ({ values: Array.from({ length: POINTS }, Math.random), most: 1, columns: 65, rows: 4 });
const parts = [
  ["(snapshot)", () => buildSnapshot(tables, STUCK_AFTER_MS)],
  ["(diagnosis)", () => diagnose(tables, { stuckAfterMs: STUCK_AFTER_MS })],
  ["(charts)", () => [chart(), chart(), chart()].map(plot)],
];
for (const [name, ui] of screens) {
  const picture = new TopPicture({ source, filter: MATCH_ALL, host: "" });
  const frame = () => {
    picture.renew(ui);
    paint(cells, topFrame(picture.at(ui), ui, SIZE), { theme, unicode: true, plot });
  };
  parts.push([name, frame]);
}

console.log(`CPU of a frame with ${tables.sockets.size} sockets:`);
for (const [name, run] of parts) {
  const times = [];
  for (let count = 0; count < FRAMES; count += 1) {
    // The findings of another moment are not shown.
    tables.now += count % 2 === 0 ? SECOND : -SECOND;
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  times.sort((a, b) => a - b);
  console.log(`  ${name.padEnd(14)} median ${times[FRAMES / 2].toFixed(1)} ms, longest ${times.at(-1).toFixed(1)} ms`);
}
process.exit(0);
