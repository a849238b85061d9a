import { describe, expect, test } from "vitest";
import { TCP } from "#src/model/net/tcp-state.ts";
import type { Survey } from "#src/model/events/survey.ts";
import type { TraceEvent } from "#src/model/events/event.ts";
import { buildLeaks } from "#src/model/reports/build-leaks.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import {
  changes,
  fold,
  holder,
  polling,
  row,
  SECOND,
  survey,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

const AT = 100 * SECOND;

describe("without a tracer", () => {
  const first = survey(AT, [row(TCP.ESTABLISHED)], [holder(9, 70)]);

  test("the first poll reports nothing; later differences are transitions with the cause poll", () => {
    const run = fold(
      polling(AT),
      first,
      survey(
        AT + SECOND,
        [row(TCP.CLOSE_WAIT), row(TCP.ESTABLISHED, { localPort: 40_001, inode: 71 })],
        [holder(9, 70, 71)],
      ),
      survey(AT + 2 * SECOND, [row(TCP.ESTABLISHED, { localPort: 40_001, inode: 71 })], [holder(9, 71)]),
    );
    expect(run.reported.map(({ change, pid, cause, inState, id }) => [change, pid, cause, inState, id])).toEqual([
      ["ESTABLISHED→CLOSE_WAIT", 9, "poll", null, 1],
      ["CLOSE→ESTABLISHED", 9, "poll", null, 2],
      ["CLOSE_WAIT→CLOSE", 9, "poll", null, 1],
    ]);
    expect(run.model.tables.counts).toMatchObject({ transitions: 3, attributed: 3, lost: 0, contradictions: 0 });
    expect(run.sockets.map(({ id }) => id)).toEqual([2]);
  });

  test("a poll without changes reports nothing, and ages continue", () => {
    const run = fold(polling(AT), first, survey(AT + SECOND, [row(TCP.ESTABLISHED)], [holder(9, 70)]));
    expect(run.reported).toEqual([]);
    expect(run.sockets[0]?.since).toBe(AT);
  });
});

function shown(at: number): Survey {
  return survey(at, [row(TCP.CLOSE_WAIT)], [holder(9, 70)]);
}

describe("when the tracer dies and /proc takes over", () => {
  const task = taskOf(9);
  const gap: TraceEvent = { kind: "gap", from: AT + 6 * SECOND, at: AT + 7 * SECOND };
  const leak = [
    tracing(AT),
    transition(AT + SECOND, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70, task }),
    transition(AT + 5 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70, task }),
    tick(AT + 6 * SECOND),
  ];
  const downSince = [gap, polling(AT + 7 * SECOND)];

  test("a leak stays one leak with the same holder and its exact age; the gap is reported", () => {
    const run = fold(...leak, ...downSince, shown(AT + 7 * SECOND), shown(AT + 8 * SECOND), tick(AT + 65 * SECOND));
    const { processes } = buildLeaks(run.model.tables, { stuckAfterMs: 60_000, filter: MATCH_ALL });
    expect(
      processes.map(({ pid, sockets }) => [pid, sockets.map(({ ageMs, ageIsAtLeast }) => [ageMs, ageIsAtLeast])]),
    ).toEqual([[9, [[60_000, false]]]]);
    expect(buildSnapshot(run.model.tables, 60_000)).toMatchObject({ source: "proc", gapMs: 1000, stuck: 1 });
    expect(run.reported).toHaveLength(2);
  });

  test("changes during the gap are reported by the first poll", () => {
    const run = fold(...leak, ...downSince, survey(AT + 7 * SECOND, [], []));
    expect(run.reported.at(-1)).toMatchObject({ id: 1, change: "CLOSE_WAIT→CLOSE", pid: 9, cause: "poll" });
    expect(run.sockets).toEqual([]);
  });

  test("a survey older than a traced event is ignored", () => {
    const old = survey(AT + 4 * SECOND, [row(TCP.ESTABLISHED)], [holder(9, 70)]);
    const run = fold(...leak, ...downSince, old);
    expect(changes(run)).toEqual(["SYN_SENT→ESTABLISHED", "ESTABLISHED→CLOSE_WAIT"]);
    expect(run.sockets[0]).toMatchObject({ state: TCP.CLOSE_WAIT, since: AT + 5 * SECOND, sinceIsExact: true });
  });

  test("the next tracer recognizes the socket", () => {
    const traced: TraceEvent = { kind: "gap", from: AT + 7 * SECOND, at: AT + 9 * SECOND };
    const end = transition(AT + 10 * SECOND, TCP.CLOSE_WAIT, TCP.LAST_ACK, { address: 0xee, inode: 70, task });
    const run = fold(...leak, ...downSince, shown(AT + 8 * SECOND), traced, tracing(AT + 9 * SECOND), end);
    expect(run.reported.at(-1)).toMatchObject({ id: 1, change: "CLOSE_WAIT→LAST_ACK", inState: 5 * SECOND });
    expect(run.sockets).toHaveLength(1);
  });
});

test("polls report their age and cost while there is no tracer", () => {
  const poll = { cpuMs: 20, intervalMs: 1000 };
  const polled = [polling(AT), { ...survey(AT, []), poll }, tick(AT + SECOND / 2)];
  const { tables } = fold(...polled).model;
  expect(buildSnapshot(tables, 1).poll).toEqual({ ...poll, ageMs: 500 });
  expect(buildSnapshot(fold(...polled, tracing(AT + SECOND)).model.tables, 1).poll).toBeNull();
});
