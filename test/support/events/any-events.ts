import * as fc from "fast-check";
import type { TraceEvent } from "#src/model/events/event.ts";
import { type TimeWaitOutcome, TCP, type TcpState } from "#src/model/net/tcp-state.ts";
import {
  accept,
  holder,
  polling,
  row,
  SECOND,
  survey,
  taskOf,
  timeWaitRow,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

/* Few addresses, ports, inodes and processes, so that every kind of collision occurs. */

const anyState = fc.constantFrom<TcpState>(...([1, 2, 3, 4, 5, 7, 7, 8, 9, 10, 11] as const));
const anyAddress = fc.integer({ min: 1, max: 4 });
const anyInode = fc.constantFrom(null, 0, 70, 71, 72);
const anyPid = fc.constantFrom(7, 8, 9);
const anyPort = fc.constantFrom(0, 80, 40_000, 40_001);
const anyIp = fc.constantFrom(0, 0x7f00_0001, "0".repeat(32));
const ends = {
  netns: fc.constantFrom(1, 2),
  localAddress: anyIp,
  localPort: anyPort,
  remoteAddress: anyIp,
  remotePort: anyPort,
};

type Timed = (at: number) => TraceEvent;

const anyTransition = fc
  .record({
    ...ends,
    address: anyAddress,
    from: anyState,
    to: anyState,
    inode: anyInode,
    netns: fc.constantFrom(null, 1, 2),
    task: fc.option(anyPid.map(taskOf), { nil: null }),
    evidence: fc.option(
      fc.record({
        dead: fc.boolean(),
        done: fc.boolean(),
        acked: fc.boolean(),
        noFinWait2: fc.boolean(),
        error: fc.constantFrom(0, 103, 104, 110),
        left: fc.constantFrom<TimeWaitOutcome>("unknown", "none", TCP.TIME_WAIT, TCP.FIN_WAIT2),
      }),
      { nil: null },
    ),
  })
  .map(
    ({ from, to, ...fields }): Timed =>
      (at) =>
        transition(at, from, to, fields),
  );

const anyAccept = fc.record({ pid: anyPid, address: anyAddress, inode: fc.constantFrom(70, 71, 72) }).map(
  ({ pid, ...fields }): Timed =>
    (at) =>
      accept(at, pid, fields),
);

const anySurvey = fc
  .record({
    rows: fc.array(
      fc.record({
        ...ends,
        state: anyState.filter((state) => state !== TCP.CLOSE),
        inode: fc.constantFrom(0, 70, 71, 72),
      }),
      { maxLength: 5 },
    ),
    holders: fc.uniqueArray(fc.tuple(anyPid, fc.uniqueArray(fc.constantFrom(70, 71, 72))), {
      selector: ([pid]) => pid,
    }),
    minis: fc.array(
      fc.record({
        ...ends,
        state: fc.constantFrom(TCP.TIME_WAIT, TCP.FIN_WAIT2),
        remainingMs: fc.nat(60_000),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ rows, holders, minis }): Timed => (at) => ({
    ...survey(
      at,
      rows.map(({ state, ...fields }) => row(state, fields)),
      holders.map(([pid, inodes]) => holder(pid, ...inodes)),
    ),
    timeWaits: minis.map((fields) => timeWaitRow(fields)),
  }));

const anyOther: fc.Arbitrary<Timed> = fc.oneof(
  fc.constant<Timed>((at) => tick(at)),
  fc.constant<Timed>((at) => ({ kind: "gap", at, from: at - 5 })),
  fc
    .record({ count: fc.nat(5), where: fc.constantFrom("bpf" as const, "kernel" as const) })
    .map((loss): Timed => (at) => ({ kind: "loss", at, ...loss })),
  anyPid.map((pid): Timed => (at) => ({ kind: "process", at, process: holder(pid) })),
);

/** Events in order of time, a nanosecond to a minute apart. */
function inOrder(events: fc.Arbitrary<Timed>, first: Timed): fc.Arbitrary<TraceEvent[]> {
  const gap = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 60 * SECOND }));
  return fc.array(fc.tuple(gap, events), { maxLength: 60 }).map((all) => {
    let at = 1;
    const timed = [first(at)];
    for (const [wait, event] of all) timed.push(event((at += wait)));
    return timed;
  });
}

/** Events that a tracer can report. */
export const traced = inOrder(
  fc.oneof({ weight: 6, arbitrary: anyTransition }, { weight: 1, arbitrary: anyAccept }, anySurvey, anyOther),
  tracing,
);
/** Events that polls can report. */
export const polled = inOrder(fc.oneof(anySurvey, anyOther), polling);
