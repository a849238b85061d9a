#!/usr/bin/env node
// What the findings of a machine with many sockets cost, as `top` has them drawn up once a second.
//
// usage: diagnose.mjs [SOCKETS]      after `npm run build`; 100,000 without it
//
// Folds a survey of so many sockets in each of several mixtures, and prints the median of the milliseconds that diagnose() takes.
import { diagnose } from "../../build/diagnosis/diagnose.js";
import { Model } from "../../build/model/fold/model.js";
import { TCP } from "../../build/model/net/tcp-state.js";

const SOCKETS = Number(process.argv[2] ?? 100_000);
const RUNS = 40;
const NETNS = 4_026_531_840;

/** How many of a hundred sockets are in which state. */
const MIXTURES = {
  "a busy server (90 % ESTABLISHED, 4 % CLOSE_WAIT)": {
    [TCP.ESTABLISHED]: 90,
    [TCP.CLOSE_WAIT]: 4,
    [TCP.FIN_WAIT1]: 3,
    [TCP.LAST_ACK]: 2,
    [TCP.SYN_SENT]: 1,
  },
  "a leak (all CLOSE_WAIT)": { [TCP.CLOSE_WAIT]: 100 },
  "a scanner (all SYN_SENT, each to another address)": { [TCP.SYN_SENT]: 100 },
};

function stateOf(mixture, index) {
  let left = index % 100;
  for (const [state, share] of Object.entries(mixture)) {
    left -= share;
    if (left < 0) return Number(state);
  }
  return TCP.ESTABLISHED;
}

function tablesOf(mixture) {
  const model = new Model();
  const sockets = Array.from({ length: SOCKETS }, (_, index) => {
    const state = stateOf(mixture, index);
    return {
      netns: NETNS,
      state,
      localAddress: 0x0a00_0001,
      localPort: 1024 + (index % 60_000),
      remoteAddress: state === TCP.SYN_SENT ? index : 0x0a00_0100 + (index % 50),
      remotePort: 443,
      inode: index + 1,
      uid: 0,
      receiveQueue: 0,
      transmitQueue: 0,
    };
  });
  const processes = Array.from({ length: 50 }, (_, index) => ({
    pid: index + 1,
    comm: `server-${index}`,
    cmdline: "",
    uid: 0,
    startTime: 1,
    fdUsed: 10,
    fdLimit: 1_000_000,
    container: null,
    unit: null,
    sockets: sockets.filter((socket) => socket.inode % 50 === index).map(({ inode }) => ({ inode, fd: 3 })),
  }));
  const settings = { timeWaitLimit: 262_144, firstPort: 1024, lastPort: 65_535, reservedPorts: 0, timeWaitReuse: 2 };
  const rest = { reuseDelayMs: 1000, timestamps: true, finTimeoutMs: 60_000 };
  const namespace = { netns: NETNS, timeWait: 0, counters: {}, settings: { ...settings, ...rest } };
  model.fold({ kind: "anchor", at: 0, wallMs: 0 });
  model.fold({ kind: "source", at: 0, source: "bpf", ready: true, detail: "" });
  for (const at of [1e9, 3e9, 100e9]) {
    const survey = { kind: "survey", at, until: at, complete: true, namespaces: [NETNS] };
    model.fold({ ...survey, sockets, timeWaits: [], processes, unreadable: [] });
    model.fold({ kind: "counters", at, namespaces: [namespace] });
    model.fold({ kind: "tick", at, complete: at });
  }
  return model.tables;
}

for (const [name, mixture] of Object.entries(MIXTURES)) {
  const tables = tablesOf(mixture);
  const times = [];
  let findings = [];
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now();
    findings = diagnose(tables, { stuckAfterMs: 60_000 });
    times.push(performance.now() - begun);
  }
  const median = times.toSorted((a, b) => a - b)[RUNS / 2];
  console.log(`${name}: ${SOCKETS} sockets, ${findings.length} findings, ${median.toFixed(1)} ms`);
}
