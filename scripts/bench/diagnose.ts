// Measures the cost of the findings on a machine with many sockets; `top` recomputes them every second.
//
// usage: npm run bench:diagnose [-- SOCKETS]      default 100,000
//
// Folds surveys of that many sockets with several mixes of states, and prints the median milliseconds of diagnose().
import { readNumbers } from "./measure/arguments.ts";
import { median } from "./measure/quantile.ts";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import type { Survey, SurveyedProcess, SurveyedSocket } from "../../src/model/events/survey.ts";
import { Model } from "../../src/model/fold/model.ts";
import type { Tables } from "../../src/model/fold/tables.ts";
import type { NamespaceCounters } from "../../src/model/net/counters.ts";
import { TCP, type TcpState } from "../../src/model/net/tcp-state.ts";

const RUNS = 40;
const NETNS = 4_026_531_840;
const PROCESSES = 50;
const NAMESPACE: NamespaceCounters = {
  netns: NETNS,
  timeWait: 0,
  counters: {},
  settings: {
    timeWaitLimit: 262_144,
    firstPort: 1024,
    lastPort: 65_535,
    reservedPorts: 0,
    timeWaitReuse: 2,
    reuseDelayMs: 1000,
    timestamps: true,
    finTimeoutMs: 60_000,
  },
};

/** States of each hundred sockets. */
type Mixture = readonly (readonly [TcpState, number])[];

const MIXTURES: Readonly<Record<string, Mixture>> = {
  "a busy server (90 % ESTABLISHED, 4 % CLOSE_WAIT)": [
    [TCP.ESTABLISHED, 90],
    [TCP.SYN_SENT, 1],
    [TCP.FIN_WAIT1, 3],
    [TCP.CLOSE_WAIT, 4],
    [TCP.LAST_ACK, 2],
  ],
  "a leak (all CLOSE_WAIT)": [[TCP.CLOSE_WAIT, 100]],
  "a scanner (all SYN_SENT, each to another address)": [[TCP.SYN_SENT, 100]],
};

const { sockets } = readNumbers({ sockets: 100_000 });

function stateOf(mixture: Mixture, index: number): TcpState {
  let left = index % 100;
  for (const [state, share] of mixture) {
    left -= share;
    if (left < 0) return state;
  }
  return TCP.ESTABLISHED;
}

function socketsOf(mixture: Mixture): SurveyedSocket[] {
  return Array.from({ length: sockets }, (_, index) => {
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
}

function processesOf(held: readonly SurveyedSocket[]): SurveyedProcess[] {
  return Array.from({ length: PROCESSES }, (_, index) => ({
    pid: index + 1,
    comm: `server-${index}`,
    cmdline: "",
    uid: 0,
    startTime: 1,
    fdUsed: 10,
    fdLimit: 1_000_000,
    container: null,
    unit: null,
    sockets: held.filter((socket) => socket.inode % PROCESSES === index).map(({ inode }) => ({ inode, fd: 3 })),
  }));
}

function tablesOf(mixture: Mixture): Tables {
  const model = new Model();
  const rows = socketsOf(mixture);
  const seen = { sockets: rows, processes: processesOf(rows), timeWaits: [], unreadable: [] };
  model.fold({ kind: "anchor", at: 0, wallMs: 0 });
  model.fold({ kind: "source", at: 0, source: "bpf", ready: true, detail: "" });
  for (const at of [1e9, 3e9, 100e9]) {
    const survey: Survey = { kind: "survey", at, until: at, complete: true, namespaces: [NETNS], ...seen };
    model.fold(survey);
    model.fold({ kind: "counters", at, namespaces: [NAMESPACE] });
    model.fold({ kind: "tick", at, watermark: at });
  }
  return model.tables;
}

for (const [name, mixture] of Object.entries(MIXTURES)) {
  const tables = tablesOf(mixture);
  const times: number[] = [];
  let findings = 0;
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now();
    findings = diagnose(tables, { stuckAfterMs: 60_000 }).length;
    times.push(performance.now() - begun);
  }
  console.log(`${name}: ${sockets} sockets, ${findings} findings, ${median(times).toFixed(1)} ms`);
}
