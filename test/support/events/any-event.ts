import * as fc from "fast-check";
import type { NetworkSettings } from "#src/model/net/counters.ts";
import type { Accept, Task, TraceEvent, Transition } from "#src/model/events/event.ts";
import type { SurveyedTuple } from "#src/model/net/tuple.ts";
import { type TimeWaitOutcome, TCP } from "#src/model/net/tcp-state.ts";
import { safeBytes, safeText } from "#src/base/text.ts";

const anyState = fc.constantFrom(...Object.values(TCP));
const anyPort = fc.nat(65_535);
const anyAddress = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.stringMatching(/^[0-9a-f]{32}$/).filter((hex) => !hex.startsWith("00000000000000000000ffff")),
);
const anyWhole = fc.oneof(fc.nat(70_000), fc.maxSafeNat());
const anyId = fc.nat(0xffff_ffff);
const anyText = fc.string({ unit: "binary", maxLength: 30 }).map(safeText);
/** Process names as the wire reports them; a process may choose any bytes. */
const anyName = fc.uint8Array({ minLength: 1, maxLength: 15 }).map(safeBytes);
const anyTask: fc.Arbitrary<Task> = fc.record({ pid: anyId, uid: anyId, comm: anyName });
const ends = {
  localAddress: anyAddress,
  localPort: anyPort,
  remoteAddress: anyAddress,
  remotePort: anyPort,
};
const anyEnds: fc.Arbitrary<SurveyedTuple> = fc.record({ netns: anyId, ...ends });

/** A transition of the full program, or of the basic one, which has only the fields of the tracepoint. */
const anyTransition: fc.Arbitrary<Transition> = fc
  .record({
    kind: fc.constant("transition" as const),
    at: anyWhole,
    address: fc.nat(2 ** 48 - 1),
    from: anyState,
    to: anyState,
    ...ends,
    task: fc.option(anyTask, { nil: null }),
    full: fc.option(
      fc.record({
        netns: anyId,
        inode: fc.nat(2 ** 40 - 1),
        evidence: fc.record({
          dead: fc.boolean(),
          done: fc.boolean(),
          acked: fc.boolean(),
          noFinWait2: fc.boolean(),
          error: fc.nat(255),
          left: fc.constantFrom<TimeWaitOutcome>("unknown", "none", TCP.TIME_WAIT, TCP.FIN_WAIT2),
        }),
      }),
      { nil: null },
    ),
  })
  .map(({ full, ...fields }) =>
    Object.assign(fields, {
      netns: full?.netns ?? null,
      inode: full?.inode ?? null,
      evidence: full?.evidence ?? null,
    }),
  );

const anyAccept: fc.Arbitrary<Accept> = fc.record({
  kind: fc.constant("accept" as const),
  at: anyWhole,
  address: fc.nat(2 ** 48 - 1),
  inode: anyId,
  fd: fc.option(fc.nat(0x7fff_ffff), { nil: null }),
  task: anyTask,
});

const anyFacts = {
  comm: anyText,
  cmdline: anyText,
  uid: anyId,
  startTime: anyWhole,
  fdUsed: fc.option(anyWhole, { nil: null }),
  fdLimit: fc.option(anyWhole, { nil: null }),
  container: fc.option(anyText, { nil: null }),
  unit: fc.option(anyText, { nil: null }),
};

const anySocket = fc
  .record({ ends: anyEnds, state: anyState, inode: anyWhole, uid: anyId, receiveQueue: anyId, transmitQueue: anyId })
  .map(({ ends: own, ...rest }) => Object.assign(rest, own));

const anyWholeSurvey = {
  kind: fc.constant("survey" as const),
  at: anyWhole,
  until: anyWhole,
  complete: fc.boolean(),
  namespaces: fc.array(anyId, { maxLength: 3 }),
  // From a small range, so that surveys have rows in common.
  sockets: fc.array(anySocket, { maxLength: 12 }),
  timeWaits: fc.array(
    fc
      .record({
        ends: anyEnds,
        state: fc.constantFrom(TCP.TIME_WAIT, TCP.FIN_WAIT2),
        remainingMs: fc.nat(60_000),
      })
      .map(({ ends: own, ...rest }) => Object.assign(rest, own)),
    { maxLength: 5 },
  ),
  processes: fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 4 }).chain((pids) =>
    fc.tuple(
      ...pids.map((pid) =>
        fc.record({
          pid: fc.constant(pid),
          ...anyFacts,
          sockets: fc.array(fc.record({ inode: anyWhole, fd: fc.option(anyId, { nil: null }) }), { maxLength: 5 }),
        }),
      ),
    ),
  ),
  unreadable: fc.array(anyId, { maxLength: 3 }),
  poll: fc.record({ cpuMs: anyWhole, intervalMs: anyWhole }),
};
const anySurvey: fc.Arbitrary<TraceEvent> = fc.record(anyWholeSurvey, {
  requiredKeys: ["kind", "at", "until", "complete", "namespaces", "sockets", "timeWaits", "processes", "unreadable"],
});

const anySettings: fc.Arbitrary<NetworkSettings> = fc.record(
  {
    timeWaitLimit: anyId,
    firstPort: anyPort,
    lastPort: anyPort,
    reservedPorts: anyId,
    timeWaitReuse: anyId,
    reuseDelayMs: anyId,
    timestamps: fc.boolean(),
    finTimeoutMs: anyId,
    sysctls: fc.record({ "net.core.somaxconn": anyText, "net.ipv4.tcp_tw_recycle": anyText }, { requiredKeys: [] }),
  },
  {
    requiredKeys: [
      ...(["timeWaitLimit", "firstPort", "lastPort", "reservedPorts", "timeWaitReuse", "reuseDelayMs"] as const),
      ...(["timestamps", "finTimeoutMs"] as const),
    ],
  },
);

const anyChange = fc.oneof(
  fc.record({ from: anyState, to: anyState, count: fc.nat(1000) }),
  fc.record({ from: fc.constant(null), to: fc.constant(null), count: fc.nat(1000) }),
);

const anyOther: fc.Arbitrary<TraceEvent> = fc.oneof(
  fc.record({ kind: fc.constant("tick" as const), at: anyWhole, watermark: anyWhole }),
  fc.record({
    kind: fc.constant("loss" as const),
    at: anyWhole,
    count: fc.nat(1000),
    where: fc.constantFrom("bpf" as const, "kernel" as const),
  }),
  fc.array(anyChange, { maxLength: 5 }).map((changes) => ({
    kind: "loss" as const,
    at: 1e9,
    count: changes.reduce((all, { count }) => all + count, 0),
    where: "bpf" as const,
    changes,
  })),
  fc.record({ kind: fc.constant("gap" as const), at: anyWhole, from: anyWhole }),
  fc.record({
    kind: fc.constant("source" as const),
    at: anyWhole,
    source: fc.constantFrom("bpf" as const, "proc" as const),
    ready: fc.boolean(),
    detail: anyText,
  }),
  fc.record({
    kind: fc.constant("anchor" as const),
    at: anyWhole,
    wallMs: fc.double({ min: 0, max: 4e12, noNaN: true }),
  }),
  fc.record({ kind: fc.constant("process" as const), at: anyWhole, process: fc.record({ pid: anyId, ...anyFacts }) }),
  fc.record(
    {
      kind: fc.constant("details" as const),
      at: anyWhole,
      askedAt: anyWhole,
      details: fc.array(
        fc
          .record({ ends: anyEnds, inode: anyWhole, lastAckMs: anyId, lastSentMs: anyId })
          .map(({ ends: own, ...rest }) => Object.assign(rest, own)),
        { maxLength: 3 },
      ),
      backlogs: fc.array(fc.record({ netns: anyId, inode: anyWhole, backlog: anyId }), { maxLength: 3 }),
      idle: fc.record({
        connections: fc.array(
          fc
            .record({ ends: anyEnds, inode: anyWhole, idleMs: anyId, probeInMs: fc.option(anyId, { nil: null }) })
            .map(({ ends: own, ...rest }) => Object.assign(rest, own)),
          { maxLength: 3 },
        ),
        left: anyId,
      }),
    },
    { requiredKeys: ["kind", "at", "askedAt", "details", "backlogs"] },
  ),
  fc.record(
    {
      kind: fc.constant("counters" as const),
      at: anyWhole,
      namespaces: fc.array(
        fc.record({
          netns: anyId,
          timeWait: anyId,
          counters: fc.record({ ActiveOpens: anyWhole, ListenDrops: anyWhole }, { requiredKeys: ["ActiveOpens"] }),
          settings: fc.option(anySettings, { nil: null }),
        }),
        { maxLength: 2 },
      ),
      timeWaitsCounted: fc.constantFrom("begun" as const, "ended" as const),
      host: fc.record({
        openFiles: fc.option(anyWhole, { nil: null }),
        orphans: fc.option(anyWhole, { nil: null }),
        backlogDrops: fc.option(anyWhole, { nil: null }),
        sysctls: fc.record({ "fs.file-max": anyText, "net.core.netdev_max_backlog": anyText }, { requiredKeys: [] }),
      }),
    },
    { requiredKeys: ["kind", "at", "namespaces"] },
  ),
);

/** Any event that a source can yield. */
export const anyEvent: fc.Arbitrary<TraceEvent> = fc.oneof(
  { weight: 6, arbitrary: anyTransition },
  { weight: 2, arbitrary: anyAccept },
  { weight: 2, arbitrary: anySurvey },
  { weight: 3, arbitrary: anyOther },
);
