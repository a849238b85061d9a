import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { Model } from "#src/model/fold/model.ts";
import { keepStateChange, stateChangesOf } from "#src/model/lists/state-changes.ts";
import type { Socket } from "#src/model/sockets/socket.ts";
import { frozenWorld, liveWorld } from "#src/model/reports/socket-world.ts";
import { buildTimeline, type Timeline } from "#src/model/lists/build-timeline.ts";
import { stateName, TCP, type TcpState } from "#src/model/net/tcp-state.ts";
import type { TransitionRow } from "#src/model/sockets/transition-row.ts";
import { polled, traced } from "#test/support/events/any-events.ts";
import {
  accept,
  child,
  holder,
  listening,
  MS,
  row,
  SECOND,
  survey,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

const WALL = 1.7e12;
const BEGIN: readonly TraceEvent[] = [{ kind: "anchor", at: 0, wallMs: WALL }, tracing(1)];

interface Kept {
  readonly model: Model;
  readonly sockets: ReadonlyMap<number, Socket>;
  readonly of: (id: number) => Timeline;
}

/** Folds events and keeps the state changes. */
function keep(...events: readonly TraceEvent[]): Kept {
  const model = new Model();
  const sockets = new Map<number, Socket>();
  model.onTransition = (one) => {
    keepStateChange(one);
    sockets.set(one.socket.id, one.socket);
  };
  for (const event of events) model.fold(event);
  const of = (id: number): Timeline => {
    const socket = sockets.get(id) ?? [...model.tables.sockets].find((one) => one.id === id);
    if (socket === undefined) throw new Error(`no socket ${id}`);
    return buildTimeline(socket, liveWorld(model.tables));
  };
  return { model, sockets, of };
}

function summaryOf({ stays }: Timeline): unknown[] {
  return stays.map(({ state, wallMs, ms, cause, pid }) => [
    stateName(state),
    wallMs === null ? null : Math.round(wallMs - WALL),
    ms === null ? null : Math.round(ms),
    cause,
    pid,
  ]);
}

test("the states of a client, with durations and causes", () => {
  const { of } = keep(
    ...BEGIN,
    transition(1 * SECOND, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(7) }),
    transition(1 * SECOND + 20 * MS, TCP.SYN_SENT, TCP.ESTABLISHED),
    transition(5 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT),
    tick(65 * SECOND),
  );
  const timeline = of(1);
  expect(summaryOf(timeline)).toEqual([
    ["SYN_SENT", 1000, 20, "connect", 7],
    ["ESTABLISHED", 1020, 3980, "ack", 7],
    ["CLOSE_WAIT", 5000, 60_000, "fin", 7],
  ]);
  expect(timeline).toMatchObject({
    local: "127.0.0.1:40000",
    remote: "127.0.0.1:80",
    role: "client",
    owner: "syscall",
  });
  expect(timeline.stays.map(({ isCurrent }) => isCurrent)).toEqual([false, false, true]);
});

test("a closed socket still shows how it ended", () => {
  const { of } = keep(
    ...BEGIN,
    transition(1 * SECOND, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(7) }),
    transition(2 * SECOND, TCP.SYN_SENT, TCP.CLOSE),
    tick(9 * SECOND),
  );
  expect(summaryOf(of(1))).toEqual([
    ["SYN_SENT", 1000, 1000, "connect", 7],
    ["CLOSE", 2000, null, null, 7],
  ]);
});

test("an owner learnt later fills in earlier states", () => {
  const { of } = keep(
    ...BEGIN,
    listening(1 * SECOND, 9),
    child(2 * SECOND, TCP.LISTEN, TCP.SYN_RECV, { address: 0xb0 }),
    child(2 * SECOND + MS, TCP.SYN_RECV, TCP.ESTABLISHED, { address: 0xb0 }),
    accept(3 * SECOND, 9),
    tick(4 * SECOND),
  );
  const timeline = of(2);
  expect(timeline.stays.map(({ pid }) => pid)).toEqual([9, 9]);
  expect(timeline.holders).toEqual([{ pid: 9, comm: "p9", fd: 5 }]);
});

test("a socket older than tcptrace has a minimum age and unknown earlier states", () => {
  const { model, of } = keep(
    ...BEGIN,
    survey(10 * SECOND, [row(TCP.CLOSE_WAIT)], [holder(7, row(TCP.CLOSE_WAIT).inode)]),
    tick(70 * SECOND),
  );
  const [socket] = [...model.tables.sockets];
  const [stay, ...others] = of(socket?.id ?? 0).stays;
  expect(others).toEqual([]);
  expect(stay).toMatchObject({ state: TCP.CLOSE_WAIT, isFound: true, ms: 60_000, msIsAtLeast: true, isCurrent: true });
});

test("of a socket traced from mid-life, the state before has no start", () => {
  const { of } = keep(...BEGIN, transition(3 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT), tick(4 * SECOND));
  expect(summaryOf(of(1))).toEqual([
    ["ESTABLISHED", null, null, null, null],
    ["CLOSE_WAIT", 3000, 1000, "fin", null],
  ]);
});

test("a socket with endless changes keeps only the last ones", () => {
  const model = new Model();
  let last: Socket | null = null;
  model.onTransition = (one) => {
    keepStateChange(one);
    last = one.socket;
  };
  for (let at = 1; at <= 1000; at++) {
    const [from, to]: [TcpState, TcpState] =
      at % 2 === 1 ? [TCP.ESTABLISHED, TCP.CLOSE_WAIT] : [TCP.CLOSE_WAIT, TCP.ESTABLISHED];
    model.fold(transition(at * MS, from, to));
  }
  const socket = last as Socket | null;
  const kept = stateChangesOf(socket?.stateChange ?? null);
  expect(kept.length).toBeLessThanOrEqual(32);
  expect(kept.length).toBeGreaterThanOrEqual(16);
  expect(kept.at(-1)?.at).toBe(1000 * MS);
});

test("in a frozen world, a connection in a queue is held by the listener of that time", () => {
  const established = child(3 * SECOND, TCP.SYN_RECV, TCP.ESTABLISHED);
  const { model } = keep(...BEGIN, listening(1 * SECOND, 9), child(2 * SECOND, TCP.LISTEN, TCP.SYN_RECV), established);
  const frozen = frozenWorld(model.tables);
  const [listener, waiting] = [...frozen.sockets];
  if (listener === undefined || waiting === undefined) throw new Error("two sockets were made");
  model.fold(listening(4 * SECOND, 9, { from: TCP.LISTEN, to: TCP.CLOSE }));
  expect(buildTimeline(waiting, liveWorld(model.tables)).holders).toEqual([]);
  expect(buildTimeline(waiting, frozen).holders).toEqual([{ pid: 9, comm: "p9", fd: null }]);
  expect(frozen.listener(waiting)).toBe(listener);
});

test("with any events, stays follow each other, the last is the current state, and a copy does not change", () => {
  fc.assert(
    fc.property(fc.oneof(traced, polled), (events) => {
      const model = new Model();
      const rows: TransitionRow[] = [];
      model.onTransition = (one) => {
        keepStateChange(one);
        rows.push(one);
      };
      for (const event of events) model.fold(event);
      const frozen = frozenWorld(model.tables);
      const sockets = [...frozen.sockets];
      const before = sockets.map((socket) => buildTimeline(socket, frozen));
      for (const [index, { stays, state }] of before.entries()) {
        expect(stays.at(-1)?.state).toBe(state);
        expect(stays.length).toBeLessThanOrEqual(66);
        expect(sockets[index]).not.toBe([...model.tables.sockets][index]);
      }
      model.fold(tick(1e15));
      expect(sockets.map((socket) => buildTimeline(socket, frozen))).toEqual(before);
    }),
    { numRuns: 100 },
  );
});
