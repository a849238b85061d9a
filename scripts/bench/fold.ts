// Measures the CPU time per transition of decoding, folding and printing a captured stream of wire lines.
//
// usage: npm run bench [-- FILE] [--keep FILE]
//   FILE     wire lines as bpftrace prints them; default: 60,000 connections are opened and traced now, as root
//   --keep   where to save the lines for later runs
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { captureWire } from "./measure/capture.ts";
import { ownCpuMicros } from "./measure/process-cost.ts";
import { median } from "./measure/quantile.ts";
import { inRounds } from "./measure/rounds.ts";
import type { TraceEvent } from "../../src/model/events/event.ts";
import { Model } from "../../src/model/fold/model.ts";
import { SettledRows } from "../../src/model/fold/settled-rows.ts";
import { Reorder } from "../../src/source/intake/reorder.ts";
import { EventLines } from "../../src/view/print/event-lines.ts";
import { NameBook } from "../../src/wire/name-book.ts";
import { WireDecoder, type WireSink } from "../../src/wire/wire.ts";

const CONNECTIONS = 60_000;
const ROUNDS = 7;
/** The size of a read from a pipe. */
const CHUNK = 65_536;
/** About the number of events per tick. */
const BATCH = 10_000;

const { values, positionals } = parseArgs({ options: { keep: { type: "string" } }, allowPositionals: true });
const [file] = positionals;
const bytes = file === undefined ? await captureWire(CONNECTIONS) : readFileSync(file);
if (values.keep !== undefined) writeFileSync(values.keep, bytes);

function run(batch: (events: readonly TraceEvent[]) => void): void {
  const names = new NameBook();
  const reorder = new Reorder([], 0, names);
  const sink: WireSink = {
    event: (line, cpu) => reorder.push(line, cpu),
    heartbeat: (cpu, _sent, at) => reorder.complete(cpu, at),
    finalCount() {},
    // This reader asked no CPU for its count, so nothing counts as missing.
    answer: () => false,
    anchor() {},
    malformed() {
      throw new Error("malformed line in the capture");
    },
  };
  const decoder = new WireDecoder(sink, { names });
  for (let at = 0; at < bytes.length; at += CHUNK) {
    decoder.push(bytes.subarray(at, at + CHUNK));
    if (reorder.size > BATCH) batch(reorder.release());
  }
  batch(reorder.release(Infinity, true));
}

/** Each stage returns the number of transitions. */
function decode(): number {
  let transitions = 0;
  run((events) => {
    for (const event of events) if (event.kind === "transition") transitions++;
  });
  return transitions;
}

function fold(): number {
  const model = new Model();
  run((events) => {
    for (const event of events) model.fold(event);
  });
  return model.tables.counts.transitions;
}

function print(): number {
  const model = new Model();
  const rows = new SettledRows();
  const lines = new EventLines();
  model.fold({ kind: "anchor", at: 0, wallMs: 1.7e12 });
  model.onTransition = (row) => rows.push(row);
  run((events) => {
    for (const event of events) model.fold(event);
    for (const row of rows.take(model.tables)) lines.transition(row, model.wallMs(row.at));
    lines.take();
  });
  return model.tables.counts.transitions;
}

function costOf(stage: () => number): number {
  let transitions = 0;
  const cpu = ownCpuMicros(() => {
    transitions = stage();
  });
  return cpu / transitions;
}

const costs = await inRounds(ROUNDS, [
  ["decode", () => costOf(decode)],
  ["decode + fold", () => costOf(fold)],
  ["decode + fold + JSON", () => costOf(print)],
]);
for (const [name, each] of costs) {
  const best = Math.min(...each).toFixed(3);
  console.log(`${name.padEnd(22)} ${median(each).toFixed(3)} us of CPU a transition (best ${best})`);
}
