import * as fc from "fast-check";
import type { Finding } from "#src/diagnosis/facts/finding.ts";
import type { ChurnReport, DestinationChurn } from "#src/model/reports/churn-report.ts";
import type { HostRates } from "#src/model/rates/counter-rates.ts";
import type { LeakingProcess, LeakReport, StuckSocket, UnownedReason } from "#src/model/reports/leak-report.ts";
import type { ProcessRow, Snapshot, SocketCounts } from "#src/model/reports/snapshot.ts";
import type { SocketRow } from "#src/model/lists/build-sockets.ts";
import type { Stay, Timeline } from "#src/model/lists/build-timeline.ts";
import { TCP, type TcpState } from "#src/model/net/tcp-state.ts";
import { safeText } from "#src/base/text.ts";
import { SOCKETS } from "#src/view/screen/socket-view.ts";
import { TIMELINE } from "#src/view/screen/timeline-view.ts";
import { CHURN } from "#src/view/screen/time-wait-view.ts";
import { viewAt } from "#src/view/screen/views.ts";
import { NO_DATA, type TopData } from "#src/view/state/top-data.ts";
import { type TopUi, levelOf } from "#src/view/state/top-ui.ts";

const NONE: SocketCounts = {
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

/** A process that holds nothing, but for what is said. */
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

/** A quiet machine, but for what is said. */
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

/** The leaking service that tcptrace exists for. */
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

/** Any name a process can have, as the model lets it through. */
export const anyName = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.constantFrom(
      "{red-fg}x",
      "{/}",
      "\u001B[31mred",
      "数据库服务",
      "🚀👨‍👩‍👧",
      "a\u0301\u0301",
      "﷽",
      "1\uFE0F\u20E3",
      "🇩🇪🇩",
    ),
  )
  .map(safeText);

const anyNumber = fc.oneof(fc.nat(100), fc.maxSafeNat());
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

const counts = {
  established: anyNumber,
  closeWait: anyNumber,
  stuck: anyNumber,
  notAccepted: anyNumber,
  waiting: anyNumber,
  vanished: anyNumber,
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

const anyProcess: fc.Arbitrary<ProcessRow> = fc.record({
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

const anyRate = fc.double({ min: 0, noNaN: true });
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

/** Any snapshot at all. */
const anyState: fc.Arbitrary<TcpState> = fc.constantFrom(...Object.values(TCP));

const anyChangeTotal = fc.oneof(
  fc.record({ from: anyState, to: anyState, count: anyNumber, lost: anyNumber }),
  fc.record({ from: fc.constant(null), to: fc.constant(null), count: anyNumber, lost: anyNumber }),
);

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

const TEN_ONE = 0x0a00_0001;
const TEN_TWO = 0x0a00_0002;

/** A client's socket, 10.0.0.1:40000 to 10.0.0.2:443, that process 812 has read to the end and not closed. */
export function stuckSocket(socket: Partial<StuckSocket> = {}): StuckSocket {
  return {
    id: 31,
    netns: 4_026_531_840,
    localAddress: TEN_ONE,
    localPort: 40_000,
    remoteAddress: TEN_TWO,
    remotePort: 443,
    state: TCP.CLOSE_WAIT,
    ageMs: 912_000,
    ageIsAtLeast: false,
    receiveQueue: 0,
    accepted: true,
    fd: 17,
    owner: "accept",
    role: "client",
    holders: [812],
    ...socket,
  };
}

/** The other way round: a connection to port 80 of 10.0.0.1. */
export function servedSocket(socket: Partial<StuckSocket> = {}): StuckSocket {
  return stuckSocket({ localPort: 80, remotePort: 50_000, role: "server", ...socket });
}

export function leakingProcess(process: Partial<LeakingProcess> = {}): LeakingProcess {
  return { ...leaker, sockets: [stuckSocket()], acceptQueues: [], ...process };
}

export function leakReport(report: Partial<LeakReport> = {}): LeakReport {
  return {
    wallMs: Date.UTC(2026, 4, 1, 22, 14, 7),
    source: "bpf",
    stuckAfterMs: 60_000,
    lost: 0,
    complete: true,
    unreadable: 0,
    processes: [],
    unowned: [],
    ...report,
  };
}

const anySocket: fc.Arbitrary<StuckSocket> = fc.record({
  id: anyNumber,
  netns: orNull(anyNumber),
  localAddress: fc.constantFrom(TEN_ONE, "f".repeat(32)),
  localPort: fc.nat(65_535),
  remoteAddress: fc.constantFrom(TEN_TWO, "20010db8".padEnd(32, "0")),
  remotePort: fc.nat(65_535),
  state: fc.constantFrom(TCP.CLOSE_WAIT, TCP.CLOSE),
  ageMs: anyNumber,
  ageIsAtLeast: fc.boolean(),
  receiveQueue: orNull(fc.nat(3)),
  accepted: fc.boolean(),
  fd: orNull(anyNumber),
  owner: fc.constantFrom("syscall", "accept", "inode", "listener", "unknown"),
  role: orNull(fc.constantFrom("client", "server")),
  holders: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
});

const anyReason = fc.constantFrom<UnownedReason>("unreadable", "shared-port", "no-listener", "no-holder");
const anyQueue = fc.record({
  netns: orNull(anyNumber),
  endpoint: anyName,
  length: anyNumber,
  backlog: orNull(anyNumber),
});

/** Any report at all. */
export const anyLeakReport: fc.Arbitrary<LeakReport> = fc.record({
  wallMs: fc.nat(4_000_000_000_000),
  source: orNull(fc.constantFrom("bpf" as const, "proc" as const)),
  stuckAfterMs: anyNumber,
  lost: anyNumber,
  complete: fc.boolean(),
  unreadable: anyNumber,
  processes: fc.array(
    fc
      .tuple(anyProcess, fc.array(anySocket, { minLength: 1, maxLength: 12 }), fc.array(anyQueue, { maxLength: 2 }))
      .map(([process, sockets, acceptQueues]) => Object.assign({}, process, { sockets, acceptQueues })),
    { maxLength: 5 },
  ),
  unowned: fc.array(
    fc.tuple(anySocket, anyReason).map(([socket, reason]) => Object.assign({}, socket, { reason })),
    { maxLength: 12 },
  ),
});

/** Mini-sockets of a machine that has none, but for what is said. */
export function churnReport(partial: Partial<ChurnReport> = {}): ChurnReport {
  return {
    wallMs: Date.UTC(2026, 4, 1, 22, 14, 7),
    source: "bpf",
    lost: 0,
    complete: true,
    seconds: 10,
    entered: 0,
    dropped: 0,
    total: { now: 0, finWait2: 0, kernel: 0, limit: 131_072, overflowed: 0, recycled: 0 },
    namespaces: [],
    history: [],
    processes: [],
    unowned: null,
    destinations: [],
    ...partial,
  };
}

/** Ports from 10.0.0.1 toward 10.0.0.2:80, plenty of them left, but for what is said. */
export function destination(partial: Partial<DestinationChurn> = {}): DestinationChurn {
  return {
    netns: 4_026_531_840,
    side: "client",
    source: 0x0a00_0001,
    address: 0x0a00_0002,
    port: 80,
    timeWait: 4811,
    entered: 802,
    inUse: 4900,
    reusable: 0,
    ports: 28_232,
    openedPerSecond: 81.5,
    exhaustedInMs: null,
    users: [{ pid: 7, comm: "crawler", inUse: 4900 }],
    ...partial,
  };
}

const anyCount = fc.nat(1_000_000);

const anyMade = { entered: anyCount, enteredPerSecond: anyRate, now: anyCount };
const anyProcessName = { pid: fc.integer({ min: 1, max: 4_194_304 }), comm: anyName };

export const anyChurn: fc.Arbitrary<ChurnReport> = fc
  .record({
    seconds: anyRate,
    history: fc.array(anyCount, { maxLength: 300 }),
    processes: fc.array(fc.record({ ...anyProcessName, ...anyMade }), { maxLength: 30 }),
    unowned: fc.option(fc.record(anyMade), { nil: null }),
    destinations: fc.array(
      fc
        .record({
          side: fc.constantFrom("client", "server"),
          port: fc.nat(65_535),
          address: fc.oneof(fc.nat(0xffff_ffff), fc.constant("20010db8000000000000000000000001")),
          inUse: anyCount,
          ports: fc.option(fc.nat(65_536), { nil: null }),
          exhaustedInMs: fc.option(anyRate, { nil: null }),
          users: fc.array(fc.record({ ...anyProcessName, inUse: anyCount }), { maxLength: 3 }),
        })
        .map((fields) => destination(fields)),
      { maxLength: 30 },
    ),
  })
  .map((fields) => churnReport(fields));

export function finding(fields: Partial<Finding> = {}): Finding {
  return {
    id: "close-wait-leak",
    severity: "critical",
    title: "api (pid 812) leaks sockets toward 10.0.0.2:443: 38 in CLOSE_WAIT",
    pid: 812,
    comm: "api",
    evidence: { closeWait: 38, oldestMs: 912_000, peers: ["10.0.0.2:443"] },
    advice: ["close the response body where it is not read to its end", "restart it before its descriptors run out"],
    avoid: [{ what: "lowering tcp_fin_timeout", why: "CLOSE_WAIT has no timeout in the kernel" }],
    sources: ["RFC 9293 3.6"],
    ...fields,
  };
}

const anyFinding: fc.Arbitrary<Finding> = fc.record({
  id: fc.constantFrom("close-wait-leak", "ports-short", "a-rule"),
  severity: fc.constantFrom("critical", "warning", "info"),
  title: anyName,
  pid: orNull(fc.integer({ min: 1, max: 5 })),
  comm: orNull(anyName),
  evidence: fc.dictionary(
    fc.constantFrom("oldestMs", "count", "peers", "what"),
    fc.oneof(anyNumber, anyName, fc.boolean(), fc.constant(null), fc.array(anyName, { maxLength: 3 })),
  ),
  advice: fc.array(anyName, { maxLength: 3 }),
  avoid: fc.array(fc.record({ what: anyName, why: anyName }), { maxLength: 2 }),
  sources: fc.array(anyName, { maxLength: 2 }),
});

const anyEndpoint = fc.constantFrom("10.0.0.2:443", "[2001:db8:1:2:3:4:5:6]:65535", "-");
const anyEvidence = fc.constantFrom("syscall" as const, "accept" as const, "inode" as const, "unknown" as const);
const anyRole = orNull(fc.constantFrom("client" as const, "server" as const, "listener" as const));

const anySocketRow: fc.Arbitrary<SocketRow> = fc.record({
  id: fc.nat(30),
  state: anyState,
  ageMs: anyNumber,
  ageIsAtLeast: fc.boolean(),
  isStuck: fc.boolean(),
  isVanished: fc.boolean(),
  pid: orNull(fc.integer({ min: 1, max: 4_194_304 })),
  comm: orNull(anyName),
  fd: orNull(anyNumber),
  others: fc.nat(3),
  local: anyEndpoint,
  remote: anyEndpoint,
  receiveQueue: orNull(anyNumber),
  isAccepted: fc.boolean(),
  role: anyRole,
  owner: anyEvidence,
});

/** The answer that is a list of these rows. */
export function socketRows(rows: readonly SocketRow[]): object {
  return SOCKETS.own({
    length: rows.length,
    idAt: (index) => rows[index]?.id ?? null,
    indexOf: (id) => rows.findIndex((row) => row.id === id),
    rows: (from, count) => rows.slice(from, from + count),
  });
}

const anyStay: fc.Arbitrary<Stay> = fc.record({
  state: anyState,
  wallMs: orNull(fc.nat(4_000_000_000_000)),
  isFound: fc.boolean(),
  ms: orNull(anyRate),
  msIsAtLeast: fc.boolean(),
  cause: orNull(fc.constantFrom("fin" as const, "poll" as const, "accept-queue" as const)),
  pid: orNull(fc.nat()),
  comm: orNull(anyName),
  owner: anyEvidence,
  isCurrent: fc.boolean(),
});

const anyTimeline: fc.Arbitrary<Timeline> = fc.record({
  id: fc.nat(9),
  state: anyState,
  netns: orNull(anyNumber),
  local: anyEndpoint,
  remote: anyEndpoint,
  role: anyRole,
  inode: orNull(anyNumber),
  receiveQueue: orNull(anyNumber),
  isAccepted: fc.boolean(),
  owner: anyEvidence,
  holders: fc.array(fc.record({ pid: fc.nat(), comm: anyName, fd: orNull(fc.nat()) }), { maxLength: 3 }),
  stays: fc.array(anyStay, { maxLength: 8 }),
});

/** What a screen may be drawn from, where the view on it asks for what this is of. */
export type DataFor = (ui: TopUi) => TopData;

/** Anything that screens may be drawn from, with an answer for each view that asks. */
export const anyData: fc.Arbitrary<DataFor> = fc
  .record({
    data: fc.record({
      host: anyName,
      snapshot: fc.option(anySnapshot, { nil: null, freq: 20 }),
      findings: fc.array(anyFinding, { maxLength: 3 }),
      messages: fc.array(fc.record({ wallMs: fc.nat(4_000_000_000_000), text: anyName }), { maxLength: 9 }),
      recording: orNull(fc.record({ path: anyName, bytes: anyNumber })),
      change: orNull(fc.record({ states: fc.array(fc.integer(), { minLength: 14, maxLength: 14 }), ms: anyNumber })),
    }),
    answers: fc.record({
      churn: orNull(anyChurn.map((report) => CHURN.own(report))),
      sockets: orNull(fc.array(anySocketRow, { maxLength: 30 }).map(socketRows)),
      timeline: orNull(anyTimeline.map((timeline) => TIMELINE.own(timeline))),
    }),
  })
  .map(({ data, answers }) => {
    const answerOf = new Map<string, object | null>(Object.entries(answers));
    return (ui) => {
      const name = viewAt(levelOf(ui).place).question?.name ?? "";
      return { ...NO_DATA, ...data, answer: answerOf.get(name) ?? null };
    };
  });
