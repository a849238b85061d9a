import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { liveWorld } from "#src/model/reports/socket-world.ts";
import { isStuck } from "#src/model/sockets/stuck.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import {
  asked,
  detail,
  fold,
  holder,
  row,
  SECOND,
  survey,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

const AT = 100 * SECOND;
const STUCK_AFTER = 60 * SECOND;

/** A client's connection whose peer closes at AT. */
const closed: readonly TraceEvent[] = [
  tracing(0),
  transition(AT - SECOND, TCP.CLOSE, TCP.SYN_SENT, { inode: 70, task: taskOf(9) }),
  transition(AT - SECOND, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
  transition(AT, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 }),
];

/** Details read `seconds` after the peer closed: data was last sent, and acknowledged, at second `sentAt`. */
function look(seconds: number, sentAt: number): TraceEvent {
  const lastAckMs = (seconds - Math.max(0, sentAt)) * 1000;
  return asked(AT + seconds * SECOND, detail({ lastAckMs, lastSentMs: (seconds - sentAt) * 1000 }));
}

/** Details were read, without our connection. */
function lookElsewhere(seconds: number): TraceEvent {
  return asked(AT + seconds * SECOND);
}

/** Whether the connection counts as stuck this many seconds after its peer closed. */
function stuckAt(seconds: number, ...events: readonly TraceEvent[]): boolean | undefined {
  const { model, sockets } = fold(...closed, ...events, tick(AT + seconds * SECOND));
  const [socket] = sockets;
  return socket === undefined ? undefined : isStuck(socket, liveWorld(model.tables), STUCK_AFTER);
}

describe("without details from the kernel", () => {
  test("a connection is stuck from the threshold on, to the nanosecond", () => {
    expect(stuckAt(60 - 1e-9)).toBe(false);
    expect(stuckAt(60)).toBe(true);
    expect(stuckAt(6000)).toBe(true);
  });

  test("a socket that left CLOSE_WAIT is not stuck", () => {
    const closes = transition(AT + 90 * SECOND, TCP.CLOSE_WAIT, TCP.LAST_ACK, { inode: 70, task: taskOf(9) });
    expect(stuckAt(1000, closes)).toBe(false);
  });

  test.each([
    ["ESTABLISHED", TCP.ESTABLISHED],
    ["FIN_WAIT2", TCP.FIN_WAIT2],
    ["LAST_ACK", TCP.LAST_ACK],
    ["LISTEN", TCP.LISTEN],
  ])("no other state is stuck, however old: %s", (_name, state) => {
    const { model, sockets } = fold(tracing(0), survey(SECOND, [row(state)], [holder(9, 70)]), tick(9000 * SECOND));
    expect(sockets.map((socket) => isStuck(socket, liveWorld(model.tables), STUCK_AFTER))).toEqual([false]);
  });
});

describe("with details from the kernel", () => {
  test("an idle connection is stuck from the threshold on, once its details were read", () => {
    expect(stuckAt(60 - 1e-9, look(58, -1))).toBe(false);
    expect(stuckAt(60, look(58, -1))).toBe(true);
  });

  test("a connection with details from its start is not stuck yet", () => {
    // Details from 1 s after the FIN do not show whether it has sent since.
    expect(stuckAt(61, look(1, -1), lookElsewhere(57))).toBe(false);
    expect(stuckAt(61, look(1, -1), lookElsewhere(57), look(61, -1))).toBe(true);
  });

  test("it is stuck ten seconds later without new details", () => {
    expect(stuckAt(70, look(1, -1), lookElsewhere(69))).toBe(false);
    expect(stuckAt(70 + 1e-9, look(1, -1), lookElsewhere(69))).toBe(true);
  });

  test("it is stuck if no details were read for ten seconds", () => {
    expect(stuckAt(60, look(1, -1))).toBe(true);
    expect(stuckAt(61, look(1, -1), lookElsewhere(51))).toBe(false);
    expect(stuckAt(61 + 1e-9, look(1, -1), lookElsewhere(51))).toBe(true);
  });

  test("data sent with the FIN or before does not count as in use: the kernel counts in jiffies", () => {
    expect(stuckAt(60, look(59, 0))).toBe(true);
    expect(stuckAt(60, look(59, 0.02))).toBe(true);
    expect(stuckAt(60, look(59, 0.03))).toBe(false);
  });
});

describe("a half-closed connection", () => {
  test("that keeps sending is never stuck", () => {
    const looks = Array.from({ length: 200 }, (_, index) => look(5 + index * 5, 4 + index * 5));
    expect(stuckAt(1000, ...looks)).toBe(false);
  });

  test("is stuck once it has been idle for the threshold", () => {
    expect(stuckAt(159, look(159, 100))).toBe(false);
    expect(stuckAt(160, look(160, 100))).toBe(true);
    expect(stuckAt(300, look(160, 100))).toBe(true);
  });

  test("is known to be idle only up to its last details", () => {
    expect(stuckAt(229, look(159, 100))).toBe(false);
    // Without new details, only the age counts.
    expect(stuckAt(229.001, look(159, 100))).toBe(true);
  });

  test("that sends again is no longer stuck", () => {
    expect(stuckAt(170, look(160, 100), look(170, 165))).toBe(false);
  });
});

test("a new connection with the same tuple is not judged by data of the earlier one", () => {
  const again: readonly TraceEvent[] = [
    transition(AT + 200 * SECOND, TCP.CLOSE_WAIT, TCP.CLOSE, { inode: 70 }),
    transition(AT + 200 * SECOND, TCP.CLOSE, TCP.SYN_SENT, { inode: 70, task: taskOf(9) }),
    transition(AT + 200 * SECOND, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
    transition(AT + 201 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 }),
  ];
  expect(stuckAt(260, look(199, 198), ...again)).toBe(false);
  expect(stuckAt(261, look(199, 198), ...again)).toBe(true);
});
