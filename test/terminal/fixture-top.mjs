/* Runs the live view on made-up snapshots: `node fixture-top.mjs '{"processes":[{"pid":1,"comm":"x","stuck":3}]}'`. */
import { writeFileSync } from "node:fs";
import { MATCH_ALL } from "../../build/model/filter/filter.js";
import { Model } from "../../build/model/fold/model.js";
import { liveWorld } from "../../build/model/reports/socket-world.js";
import { runTopUi } from "../../build/commands/top/top-ui.js";

const config = JSON.parse(process.argv[2] ?? "{}");
const started = Date.now();
const zero = {
  established: 0,
  closeWait: 0,
  stuck: 0,
  notAccepted: 0,
  waiting: 0,
  vanished: 0,
  unread: 0,
  endUnread: 0,
  readToEnd: 0,
  queued: 0,
  acceptQueue: null,
  listen: 0,
  other: 0,
  oldestCloseWaitMs: null,
  oldestIsAtLeast: false,
  closeWaitPeer: null,
};
const idle = {
  ...zero,
  cmdline: null,
  user: 0,
  container: null,
  unit: null,
  growthPerMinute: null,
  fdExhaustedInMs: null,
  transitions: 0,
  transitionsPerSecond: 0,
  openedPerSecond: 0,
  closedPerSecond: 0,
  fdUsed: null,
  fdLimit: null,
};
const filler = Array.from({ length: config.fill ?? 0 }, (_, index) => ({
  pid: 1000 + index,
  comm: `filler-${index}`,
}));
const processes = [...(config.processes ?? []), ...filler].map((row) => Object.assign({}, idle, row));

let beats = 0;

function snapshot() {
  beats += 1;
  if (config.beat) writeFileSync(config.beat, String(beats));
  if (config.restless) {
    for (const [index, row] of processes.entries()) row.established = (beats * 7919 + index * 104_729) % 10_000;
  }
  if (config.starting) return null;
  const sum = (key) => processes.reduce((total, row) => total + row[key], 0);
  const elapsed = Date.now() - started;
  const states = Array.from({ length: 14 }, () => 0);
  states[1] = sum("established");
  states[8] = sum("closeWait");
  states[10] = sum("listen");
  return {
    wallMs: started + elapsed,
    source: "bpf",
    sourceDetail: "bpftrace 0.17.0, full probes",
    complete: true,
    transitions: 1000 + elapsed,
    transitionsPerSecond: sum("transitionsPerSecond"),
    lost: 0,
    lostChanges: [],
    lagMs: 50,
    gapMs: 0,
    attributed: 1000 + elapsed,
    states,
    series: { transitions: [], closeWait: [], timeWaits: [] },
    stuckAfterMs: 60_000,
    stuck: sum("stuck"),
    processes,
    unowned: null,
    dropped: 0,
    ...config.snapshot,
  };
}

/** Of processes the filter takes, as the model has it. */
function chosen(filter) {
  const shown = snapshot();
  if (shown === null || filter.isEmpty) return shown;
  const ends = { localAddress: 0, localPort: 0, remoteAddress: 0, remotePort: 0, states: [], ageMs: null };
  const takes = ({ pid, comm, cmdline }) => filter.matches({ pids: [pid], names: [comm, cmdline ?? ""], ...ends });
  return { ...shown, processes: shown.processes.filter(takes) };
}

const source = {
  snapshot: chosen,
  churn: () => config.churn ?? null,
  findings: () => config.findings ?? [],
  world: liveWorld(new Model().tables),
  stuckAfterMs: 60_000,
  socket: () => null,
  transitions: () => ({ rows: [], wallMs: () => started }),
  progress: () => ({ wallMs: Date.now(), transitions: 1000 + Date.now() - started }),
  freeze: () => {
    const shown = snapshot();
    return { ...source, snapshot: () => shown, freeze: () => source };
  },
};

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => stop.abort(signal));
if (config.deaf) for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
process.on("SIGUSR2", () => {
  throw new Error("thrown on purpose");
});
let noise = 0;
process.on("SIGUSR1", () => {
  noise += 1;
  process.emitWarning(`noise ${noise}`);
  process.stderr.write("direct noise\n");
});

try {
  await runTopUi(
    {
      source,
      filter: MATCH_ALL,
      host: "box",
      status: () => (noise === 0 ? `my pid ${process.pid}` : `noise seen ${noise}`),
      intervalMs: 250,
      ascii: config.ascii ?? false,
      color: config.color ?? true,
      theme: config.theme ?? "default",
      mouse: config.mouse ?? false,
      begin: (ui) => ui,
      save: async ({ theme, mouse }) => `saved ${theme} ${mouse}`,
    },
    stop.signal,
  );
  console.log("ended well", stop.signal.reason ?? "quit");
} catch (error) {
  console.log("ended with", error.name, error.message, error.hint ?? "");
}
