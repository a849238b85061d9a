import * as fc from "fast-check";
import type { SocketRow } from "#src/model/lists/build-sockets.ts";
import type { Stay, Timeline } from "#src/model/lists/build-timeline.ts";
import { SOCKETS } from "#src/view/screen/socket-view.ts";
import { CHURN } from "#src/view/screen/time-wait-view.ts";
import { TIMELINE } from "#src/view/screen/timeline-view.ts";
import { viewAt } from "#src/view/screen/views.ts";
import { NO_DATA, type TopData } from "#src/view/state/top-data.ts";
import { type TopUi, levelOf } from "#src/view/state/top-ui.ts";
import { anyName, anyNumber, anyRate, anyState, orNull } from "#test/support/samples/any-values.ts";
import { anyChurn } from "#test/support/samples/churn-reports.ts";
import { anyFinding } from "#test/support/samples/findings.ts";
import { anySnapshot } from "#test/support/samples/snapshots.ts";

const anyEndpoint = fc.constantFrom("10.0.0.2:443", "[2001:db8:1:2:3:4:5:6]:65535", "-");
const anyEvidence = fc.constantFrom("syscall" as const, "accept" as const, "inode" as const, "unknown" as const);
const anyRole = orNull(fc.constantFrom("client" as const, "server" as const, "listener" as const));

const anySocketRow: fc.Arbitrary<SocketRow> = fc.record({
  id: fc.nat(30),
  state: anyState,
  ageMs: anyNumber,
  ageIsAtLeast: fc.boolean(),
  isStuck: fc.boolean(),
  isLeakedDescriptor: fc.boolean(),
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

/** An answer with these rows. */
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

/** Any data of a screen whose view asks for this kind of answer. */
export type DataFor = (ui: TopUi) => TopData;

/** Any data of a screen, with an answer for each view that needs one. */
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
