// What one transition costs in this process: CPU of decoding, folding and printing a captured stream of wire lines.
//
// usage: npm run bench [-- FILE]     FILE: wire lines as bpftrace prints them; by default 60,000 connections are made and traced now
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Model } from "../../build/model/fold/model.js";
import { SettledRows } from "../../build/model/fold/settled-rows.js";
import { NameBook } from "../../build/wire/name-book.js";
import { Reorder } from "../../build/source/intake/reorder.js";
import { WireDecoder } from "../../build/wire/wire.js";
import { EventLines } from "../../build/view/print/event-lines.js";
import { captureOf } from "./capture.mjs";

const { positionals } = parseArgs({ allowPositionals: true });
const bytes = positionals[0] === undefined ? await captureOf(60_000) : readFileSync(positionals[0]);
const CHUNK = 65_536;
const BATCH = 10_000;

/** Feeds the stream as a pipe would deliver it; `batch` gets the events of about one tick. */
function run(batch) {
  const names = new NameBook();
  const reorder = new Reorder([], 0, names);
  const sink = {
    event: (line, cpu) => reorder.push(line, cpu),
    heartbeat: (cpu, _sent, at) => reorder.complete(cpu, at),
    finalCount() {},
    anchor() {},
    malformed() {
      throw new Error("a line of the capture cannot be read");
    },
  };
  const decoder = new WireDecoder(sink, { names });
  for (let at = 0; at < bytes.length; at += CHUNK) {
    decoder.push(bytes.subarray(at, at + CHUNK));
    if (reorder.size > BATCH) batch(reorder.release());
  }
  batch(reorder.release(Infinity, true));
}

function decode() {
  let transitions = 0;
  run((events) => {
    for (const event of events) if (event.kind === "transition") transitions++;
  });
  return transitions;
}

function fold() {
  const model = new Model();
  run((events) => {
    for (const event of events) model.fold(event);
  });
  return model.tables.transitions;
}

function print() {
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
  return model.tables.transitions;
}

const ROUNDS = 7;
for (const [name, stage] of Object.entries({ decode, "decode + fold": fold, "decode + fold + JSON": print })) {
  const costs = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    const transitions = stage();
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / transitions);
  }
  costs.sort((a, b) => a - b);
  const median = costs[Math.floor(ROUNDS / 2)];
  console.log(`${name.padEnd(22)} ${median.toFixed(3)} us of CPU a transition (best ${costs[0].toFixed(3)})`);
}
