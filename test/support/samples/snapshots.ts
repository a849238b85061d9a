import * as fc from "fast-check";
import type { HostRates } from "#src/model/rates/counter-rates.ts";
import type { ProcessRow, Snapshot, SocketCounts } from "#src/model/reports/snapshot.ts";
import { anyName, anyNumber, anyRate, anyState, orNull } from "#test/support/samples/any-values.ts";

const NONE: SocketCounts = {
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
};

/** A process without sockets, with these fields overridden. */
export function processRow(row: Partial<ProcessRow> & { pid: number }): ProcessRow {
  return {
    ...NONE,
    comm: `p${row.pid}`,
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
    ...row,
  };
}

/** Sockets without a process. */
export function unowned(counts: Partial<SocketCounts>): SocketCounts {
  return { ...NONE, ...counts };
}

/** An idle machine, with these fields overridden. */
export function snapshot(partial: Partial<Snapshot> = {}): Snapshot {
  return {
    wallMs: Date.UTC(2026, 4, 1, 22, 14, 7),
    source: "bpf",
    sourceDetail: "bpftrace 0.17.0, full probes",
    complete: true,
    unreadable: 0,
    poll: null,
    host: null,
    transitions: 1000,
    transitionsPerSecond: 12.34,
    lost: 0,
    lostChanges: [],
    lagMs: 50,
    gapMs: 0,
    attributed: 1000,
    states: [],
    series: { transitions: [], closeWait: [], timeWaits: [] },
    stuckAfterMs: 60_000,
    stuck: 0,
    processes: [],
    unowned: null,
    dropped: 0,
    ...partial,
  };
}

/** A service that leaks sockets. */
export const leaker: ProcessRow = processRow({
  pid: 812,
  comm: "api",
  cmdline: "node /srv/api/server.js",
  user: 1001,
  established: 212,
  closeWait: 38,
  stuck: 38,
  listen: 1,
  oldestCloseWaitMs: 912_000,
  closeWaitPeer: { endpoint: "10.0.0.2:443", count: 38 },
  transitionsPerSecond: 41.2,
  openedPerSecond: 20.1,
  closedPerSecond: 18.3,
  fdUsed: 812,
  fdLimit: 1024,
  readToEnd: 38,
  growthPerMinute: 3.1,
  fdExhaustedInMs: 4_100_000,
});

/** A machine with that service on it. */
export const leaking: Snapshot = snapshot({
  states: [0, 212, 0, 0, 0, 0, 0, 0, 38, 0, 1],
  stuck: 38,
  processes: [leaker, processRow({ pid: 77, comm: "nginx", established: 3, listen: 2 })],
});

const counts = {
  established: anyNumber,
  closeWait: anyNumber,
  stuck: anyNumber,
  notAccepted: anyNumber,
  waiting: anyNumber,
  leakedDescriptors: anyNumber,
  unread: anyNumber,
  endUnread: anyNumber,
  readToEnd: anyNumber,
  queued: anyNumber,
  acceptQueue: orNull(
    fc.record({
      netns: orNull(anyNumber),
      endpoint: fc.constantFrom("0.0.0.0:80", "[::]:65535"),
      length: anyNumber,
      backlog: orNull(anyNumber),
    }),
  ),
  listen: anyNumber,
  other: anyNumber,
  oldestCloseWaitMs: orNull(anyNumber),
  oldestIsAtLeast: fc.boolean(),
  closeWaitPeer: orNull(
    fc.record({ endpoint: fc.constantFrom("10.0.0.2:443", "[2001:db8:1:2:3:4:5:6]:65535"), count: anyNumber }),
  ),
};

export const anyProcess: fc.Arbitrary<ProcessRow> = fc.record({
  ...counts,
  pid: fc.integer({ min: 1, max: 4_194_304 }),
  comm: anyName,
  cmdline: orNull(anyName),
  user: orNull(fc.nat(0xffff_fffe)),
  container: orNull(anyName),
  unit: orNull(anyName),
  growthPerMinute: orNull(fc.double({ noNaN: true })),
  fdExhaustedInMs: orNull(anyNumber),
  transitions: anyNumber,
  transitionsPerSecond: fc.double({ min: 0, noNaN: true }),
  openedPerSecond: fc.double({ min: 0, noNaN: true }),
  closedPerSecond: fc.double({ min: 0, noNaN: true }),
  fdUsed: orNull(anyNumber),
  fdLimit: orNull(anyNumber),
});

const anyRates: fc.Arbitrary<HostRates> = fc.record({
  connects: anyRate,
  accepts: anyRate,
  closed: anyRate,
  failed: anyRate,
  resets: anyRate,
  aborts: orNull(anyRate),
  timeWaits: orNull(anyRate),
  listenOverflows: orNull(anyRate),
});

const anySeries = fc.array(anyNumber, { maxLength: 300 });

const anyChangeTotal = fc.oneof(
  fc.record({ from: anyState, to: anyState, count: anyNumber, lost: anyNumber }),
  fc.record({ from: fc.constant(null), to: fc.constant(null), count: anyNumber, lost: anyNumber }),
);

/** Any snapshot at all. */
export const anySnapshot: fc.Arbitrary<Snapshot> = fc.record({
  wallMs: fc.nat(4_000_000_000_000),
  source: orNull(fc.constantFrom("bpf" as const, "proc" as const)),
  sourceDetail: anyName,
  complete: fc.boolean(),
  unreadable: anyNumber,
  poll: orNull(fc.record({ ageMs: anyNumber, cpuMs: anyNumber, intervalMs: fc.integer({ min: 1 }) })),
  host: orNull(anyRates),
  transitions: anyNumber,
  transitionsPerSecond: fc.double({ min: 0, noNaN: true }),
  lost: anyNumber,
  lostChanges: fc.array(anyChangeTotal, { maxLength: 3 }),
  lagMs: anyNumber,
  gapMs: anyNumber,
  attributed: anyNumber,
  states: fc.array(anyNumber, { minLength: 14, maxLength: 14 }),
  series: fc.record({ transitions: anySeries, closeWait: anySeries, timeWaits: anySeries }),
  stuckAfterMs: anyNumber,
  stuck: anyNumber,
  processes: fc.uniqueArray(anyProcess, { maxLength: 20, selector: ({ pid }) => pid }),
  unowned: orNull(fc.record(counts)),
  dropped: anyNumber,
});
