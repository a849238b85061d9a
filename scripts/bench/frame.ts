// Measures the CPU time of one frame of each view of `top`, with the machine's current sockets.
//
// usage: node build-dev/scripts/bench/frame.js     as root; `npm run bench:screen` runs it
//
// A frame includes the view's queries of the model, the diagnosis, the layout, the cells and the charts, but not the
// output of blessed, which takes about a millisecond more. The first three rows are parts of a frame.
import { PassThrough } from "node:stream";
import { ownCpuMicros } from "./measure/process-cost.ts";
import { median } from "./measure/quantile.ts";
import { ModelSource } from "../../src/commands/top/data/model-source.ts";
import { TopPicture } from "../../src/commands/top/data/top-picture.ts";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { MATCH_ALL } from "../../src/model/filter/filter.ts";
import { Model } from "../../src/model/fold/model.ts";
import { GROUPINGS } from "../../src/model/lists/group.ts";
import { buildSnapshot } from "../../src/model/reports/build-snapshot.ts";
import { liveSource } from "../../src/source/auto.ts";
import { type CellLine, library } from "../../src/terminal/blessed-private.ts";
import { paint } from "../../src/terminal/cells.ts";
import { newPlot } from "../../src/terminal/plot.ts";
import { chooseTheme } from "../../src/terminal/theme.ts";
import type { Chart } from "../../src/view/format/frame.ts";
import { goTo, initialUi } from "../../src/view/screen/tabs.ts";
import { TABS } from "../../src/view/screen/views.ts";
import { type TopUi, goInto } from "../../src/view/state/top-ui.ts";
import { topFrame } from "../../src/view/top-frame.ts";

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
  if (model.tables.surveys.isSeeded && model.tables.surveys.count > 1) break;
}
stop.abort();

const output = Object.assign(new PassThrough(), { ...SIZE, isTTY: true });
const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
const plot = newPlot(library.screen({ input, output, terminal: "xterm", warnings: false }));
const cells = Array.from({ length: SIZE.rows }, (): CellLine => Array.from({ length: SIZE.columns }, () => [0, " "]));
const theme = chooseTheme("default", true, 256);
const { tables } = model;

const start = initialUi(1000);
const [largest] = buildSnapshot(tables, STUCK_AFTER_MS).processes.toSorted((a, b) => b.established - a.established);
const screens: readonly (readonly [string, TopUi])[] = [
  ...TABS.map(({ id }) => [id, goTo(start, id)] as const),
  ["one process", goInto(start, { kind: "process", pid: largest?.pid ?? 0, name: "" })],
  ...GROUPINGS.map((grouping) => [`by ${grouping}`, { ...start, grouping }] as const),
  ["filter", { ...start, filter: { ...start.filter, text: "dport:443" } }],
];

function chart(): Chart {
  return { values: Array.from({ length: POINTS }, Math.random), most: 1, columns: 65, rows: 4 };
}

function frameOf(ui: TopUi): () => void {
  const picture = new TopPicture({ source, filter: MATCH_ALL, host: "" });
  return () => {
    picture.renew(ui);
    paint(cells, topFrame(picture.at(ui), ui, SIZE), { theme, unicode: true, plot });
  };
}

const parts: readonly (readonly [string, () => void])[] = [
  ["(snapshot)", () => void buildSnapshot(tables, STUCK_AFTER_MS)],
  ["(diagnosis)", () => void diagnose(tables, { stuckAfterMs: STUCK_AFTER_MS })],
  ["(charts)", () => void [chart(), chart(), chart()].map(plot)],
  ...screens.map(([name, ui]) => [name, frameOf(ui)] as const),
];

console.log(`CPU time of a frame with ${tables.sockets.size} sockets:`);
for (const [name, run] of parts) {
  const times: number[] = [];
  for (let count = 0; count < FRAMES; count += 1) {
    // Findings must be of the same moment, or the view does not show them.
    tables.clock.advanceTo(tables.clock.now + SECOND);
    times.push(ownCpuMicros(run) / 1000);
  }
  const longest = Math.max(...times).toFixed(1);
  console.log(`  ${name.padEnd(14)} median ${median(times).toFixed(1)} ms, longest ${longest} ms`);
}
process.exit(0);
