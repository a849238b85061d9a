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

/** The kernel is asked `seconds` after the peer closed: data were sent last at second `sentAt`, and acknowledged. */
function look(seconds: number, sentAt: number): TraceEvent {
  const lastAckMs = (seconds - Math.max(0, sentAt)) * 1000;
  return asked(AT + seconds * SECOND, detail({ lastAckMs, lastSentMs: (seconds - sentAt) * 1000 }));
}

/** The kernel is asked, and tells nothing of our connection. */
function lookElsewhere(seconds: number): TraceEvent {
  return asked(AT + seconds * SECOND);
}

/** Whether the connection counts as stuck so many seconds after its peer closed. */
function stuckAt(seconds: number, ...events: readonly TraceEvent[]): boolean | undefined {
  const { model, sockets } = fold(...closed, ...events, tick(AT + seconds * SECOND));
  const [socket] = sockets;
  return socket === undefined ? undefined : isStuck(socket, liveWorld(model.tables), STUCK_AFTER);
}

describe("where nobody asks the kernel", () => {
  test("a connection is stuck from the threshold on, to the nanosecond", () => {
    expect(stuckAt(60 - 1e-9)).toBe(false);
    expect(stuckAt(60)).toBe(true);
    expect(stuckAt(6000)).toBe(true);
  });

  test("what has left CLOSE_WAIT is not", () => {
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

describe("where the kernel is asked", () => {
  test("a silent connection is stuck from the threshold on, once it has been looked at", () => {
    expect(stuckAt(60 - 1e-9, look(58, -1))).toBe(false);
    expect(stuckAt(60, look(58, -1))).toBe(true);
  });

  test("one that was last looked at when it was young is waited for", () => {
    // Its last look, 1 s after the FIN, says nothing of whether it has sent since.
    expect(stuckAt(61, look(1, -1), lookElsewhere(57))).toBe(false);
    expect(stuckAt(61, look(1, -1), lookElsewhere(57), look(61, -1))).toBe(true);
  });

  test("it is not waited for any longer than ten seconds", () => {
    expect(stuckAt(70, look(1, -1), lookElsewhere(69))).toBe(false);
    expect(stuckAt(70 + 1e-9, look(1, -1), lookElsewhere(69))).toBe(true);
  });

  test("nor where the kernel has not been asked for ten seconds", () => {
    expect(stuckAt(60, look(1, -1))).toBe(true);
    expect(stuckAt(61, look(1, -1), lookElsewhere(51))).toBe(false);
    expect(stuckAt(61 + 1e-9, look(1, -1), lookElsewhere(51))).toBe(true);
  });

  test("what it sent with the FIN or before is no sign of life: the kernel counts in jiffies", () => {
    expect(stuckAt(60, look(59, 0))).toBe(true);
    expect(stuckAt(60, look(59, 0.02))).toBe(true);
    expect(stuckAt(60, look(59, 0.03))).toBe(false);
  });
});

describe("a half-closed connection", () => {
  test("that goes on sending is never stuck", () => {
    const looks = Array.from({ length: 200 }, (_, index) => look(5 + index * 5, 4 + index * 5));
    expect(stuckAt(1000, ...looks)).toBe(false);
  });

  test("is stuck once it has been silent for the threshold", () => {
    expect(stuckAt(159, look(159, 100))).toBe(false);
    expect(stuckAt(160, look(160, 100))).toBe(true);
    expect(stuckAt(300, look(160, 100))).toBe(true);
  });

  test("is silent only as far as the last look goes", () => {
    expect(stuckAt(229, look(159, 100))).toBe(false);
    // Where looks have ceased, age is all that is left to go by.
    expect(stuckAt(229.001, look(159, 100))).toBe(true);
  });

  test("that sends again is not stuck any more", () => {
    expect(stuckAt(170, look(160, 100), look(170, 165))).toBe(false);
  });
});

test("a later life of the same connection is not judged by what its earlier one sent", () => {
  const again: readonly TraceEvent[] = [
    transition(AT + 200 * SECOND, TCP.CLOSE_WAIT, TCP.CLOSE, { inode: 70 }),
    transition(AT + 200 * SECOND, TCP.CLOSE, TCP.SYN_SENT, { inode: 70, task: taskOf(9) }),
    transition(AT + 200 * SECOND, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
    transition(AT + 201 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 }),
  ];
  expect(stuckAt(260, look(199, 198), ...again)).toBe(false);
  expect(stuckAt(261, look(199, 198), ...again)).toBe(true);
});
