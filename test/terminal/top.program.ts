/*
 * Runs the live view on made-up snapshots, for tests on a pseudo-terminal; its argument is TopOptions as JSON:
 * `node build-dev/test/terminal/top.program.js '{"processes":[{"pid":1,"comm":"x","stuck":3}]}'`.
 */
import { writeFileSync } from "node:fs";
import { UserError } from "../../src/base/errors.ts";
import { runTopUi } from "../../src/commands/top/top-ui.ts";
import { type Filter, MATCH_ALL } from "../../src/model/filter/filter.ts";
import { Model } from "../../src/model/fold/model.ts";
import type { ProcessRow, Snapshot } from "../../src/model/reports/snapshot.ts";
import { liveWorld } from "../../src/model/reports/socket-world.ts";
import type { TopSource } from "../../src/view/state/top-source.ts";

export interface TopOptions {
  readonly processes?: readonly (Partial<ProcessRow> & Pick<ProcessRow, "pid" | "comm">)[];
  /** How many more processes there are. */
  readonly fill?: number;
  /** The file that gets the number of snapshots taken so far. */
  readonly beat?: string;
  /** Every snapshot differs from the last one. */
  readonly restless?: boolean;
  /** There is no snapshot yet. */
  readonly starting?: boolean;
  /** SIGINT and SIGTERM have no effect. */
  readonly deaf?: boolean;
  readonly ascii?: boolean;
  readonly color?: boolean;
  readonly mouse?: boolean;
}

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

const STUCK_AFTER_MS = 60_000;
const IDLE: Omit<ProcessRow, "pid" | "comm"> = {
  established: 0,
  closeWait: 0,
  stuck: 0,
  notAccepted: 0,
  waiting: 0,
  leakedDescriptors: 0,
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

const options: TopOptions = JSON.parse(process.argv[2] ?? "{}");
const started = Date.now();
const filler = Array.from({ length: options.fill ?? 0 }, (_, index) => ({
  pid: 1000 + index,
  comm: `filler-${index}`,
}));
const processes = [...(options.processes ?? []), ...filler].map((row): Changeable<ProcessRow> =>
  Object.assign({}, IDLE, row),
);

let beats = 0;

function snapshot(): Snapshot | null {
  beats += 1;
  if (options.beat !== undefined) writeFileSync(options.beat, String(beats));
  if (options.restless === true) {
    for (const [index, row] of processes.entries()) row.established = (beats * 7919 + index * 104_729) % 10_000;
  }
  if (options.starting === true) return null;
  const sum = (value: (row: ProcessRow) => number): number => processes.reduce((total, row) => total + value(row), 0);
  const elapsed = Date.now() - started;
  const states = Array.from({ length: 14 }, () => 0);
  states[1] = sum((row) => row.established);
  states[8] = sum((row) => row.closeWait);
  states[10] = sum((row) => row.listen);
  return {
    wallMs: started + elapsed,
    source: "bpf",
    sourceDetail: "bpftrace 0.17.0, full probes",
    complete: true,
    unreadable: 0,
    poll: null,
    host: null,
    transitions: 1000 + elapsed,
    transitionsPerSecond: sum((row) => row.transitionsPerSecond),
    lost: 0,
    lostChanges: [],
    lagMs: 50,
    gapMs: 0,
    attributed: 1000 + elapsed,
    states,
    series: { transitions: [], closeWait: [], timeWaits: [] },
    stuckAfterMs: STUCK_AFTER_MS,
    stuck: sum((row) => row.stuck),
    processes,
    unowned: null,
    dropped: 0,
  };
}

/** Of processes that the filter matches, as the model has it. */
function chosen(filter: Filter): Snapshot | null {
  const shown = snapshot();
  if (shown === null || filter.isEmpty) return shown;
  const ends = { localAddress: 0, localPort: 0, remoteAddress: 0, remotePort: 0, states: [], ageMs: null };
  const matching = shown.processes.filter(({ pid, comm, cmdline }) =>
    filter.matches({ pids: [pid], names: [comm, cmdline ?? ""], ...ends }),
  );
  return { ...shown, processes: matching };
}

const source: TopSource = {
  snapshot: chosen,
  churn: () => null,
  findings: () => [],
  world: liveWorld(new Model().tables),
  stuckAfterMs: STUCK_AFTER_MS,
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
if (options.deaf === true) for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
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
      ascii: options.ascii ?? false,
      color: options.color ?? true,
      theme: "default",
      mouse: options.mouse ?? false,
      begin: (ui) => ui,
      save: async ({ theme, mouse }) => Promise.resolve(`saved ${theme} ${mouse}`),
    },
    stop.signal,
  );
  console.log("ended well", stop.signal.reason ?? "quit");
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.log("ended with", error.name, error.message, error instanceof UserError ? error.hint : "");
}
