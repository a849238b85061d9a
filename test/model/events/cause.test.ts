import { describe, expect, test } from "vitest";
import { causeOf } from "#src/model/events/cause.ts";
import type { Evidence } from "#src/model/events/event.ts";
import { type TimeWaitOutcome, TCP, type TcpState, type TcpStateName } from "#src/model/net/tcp-state.ts";
import { CALM, taskOf } from "#test/support/events/scenario.ts";

const ECONNABORTED = 103;
const ECONNRESET = 104;
const ETIMEDOUT = 110;
const ECONNREFUSED = 111;
const EHOSTUNREACH = 113;
const EPIPE = 32;

interface Case {
  readonly evidence?: Partial<Evidence>;
  readonly byTask?: boolean;
}

function cause(from: TcpState, to: TcpState, { evidence = {}, byTask = false }: Case = {}): string | null {
  return causeOf({ from, to, evidence: { ...CALM, ...evidence }, task: byTask ? taskOf(7) : null });
}

/* The table "In whose context" of docs/kernel-facts.md. */
test.each<[TcpStateName, TcpStateName, string]>([
  ["CLOSE", "LISTEN", "listen"],
  ["CLOSE", "SYN_SENT", "connect"],
  ["SYN_SENT", "ESTABLISHED", "ack"],
  ["LISTEN", "SYN_RECV", "syn"],
  ["SYN_RECV", "ESTABLISHED", "accept-queue"],
  ["ESTABLISHED", "FIN_WAIT1", "close"],
  ["SYN_RECV", "FIN_WAIT1", "close"],
  ["ESTABLISHED", "CLOSE_WAIT", "fin"],
  ["FIN_WAIT1", "FIN_WAIT2", "ack"],
  ["FIN_WAIT1", "CLOSING", "fin"],
  ["CLOSE_WAIT", "LAST_ACK", "close"],
  ["LAST_ACK", "CLOSE", "ack"],
  ["LISTEN", "CLOSE", "close"],
])("%s to %s is %s", (from, to, expected) => {
  expect(cause(TCP[from], TCP[to])).toBe(expected);
  // All but the last two need no evidence.
  if (TCP[to] !== TCP.CLOSE)
    expect(causeOf({ from: TCP[from], to: TCP[to], evidence: null, task: null })).toBe(expected);
});

/* The table "TIME_WAIT" of docs/kernel-facts.md. */
describe("the end of a closing socket", () => {
  test("FIN_WAIT2 with the peer's FIN is TIME_WAIT", () => {
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { done: true } })).toBe("time-wait");
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { done: true, dead: true } })).toBe("time-wait");
  });

  test("CLOSING with all acknowledged is TIME_WAIT, otherwise it is not", () => {
    expect(cause(TCP.CLOSING, TCP.CLOSE, { evidence: { done: true, acked: true } })).toBe("time-wait");
    expect(cause(TCP.CLOSING, TCP.CLOSE, { evidence: { done: true } })).not.toBe("time-wait");
    expect(cause(TCP.CLOSING, TCP.CLOSE, { evidence: { done: true, error: ECONNRESET } })).toBe("reset");
  });

  test("an orphan in FIN_WAIT2 becomes a mini-socket: its process has closed it", () => {
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { dead: true } })).toBe("close");
  });

  test("with TCP_LINGER2 = -1 it leaves no mini-socket", () => {
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { dead: true, noFinWait2: true } })).toBe("abort");
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { dead: true, done: true, noFinWait2: true } })).toBe(
      "time-wait",
    );
  });

  test("an error in FIN_WAIT2 is a reset or an abort, never TIME_WAIT", () => {
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { dead: true, error: ECONNRESET } })).toBe("reset");
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { dead: true, error: ECONNABORTED } })).toBe("abort");
  });

  test("a traced tcp_time_wait() overrides the rules", () => {
    for (const from of [TCP.FIN_WAIT1, TCP.FIN_WAIT2, TCP.CLOSING]) {
      const says = (left: TimeWaitOutcome): string | null =>
        cause(from, TCP.CLOSE, { evidence: { dead: true, done: true, acked: true, error: ECONNRESET, left } });
      expect(says(TCP.TIME_WAIT)).toBe("time-wait");
      expect(says(TCP.FIN_WAIT2)).toBe("close");
      expect(says("none")).toBe("reset");
    }
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { dead: true, left: "none" } })).toBe("abort");
    expect(cause(TCP.CLOSING, TCP.CLOSE, { evidence: { left: "none" } })).toBeNull();
  });

  test("if tcp_time_wait() was not seen, its probe may have been skipped: what can only be TIME_WAIT still is", () => {
    for (const dead of [false, true]) {
      expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { evidence: { dead, done: true, left: "none" } })).toBe("time-wait");
      expect(cause(TCP.CLOSING, TCP.CLOSE, { evidence: { dead, acked: true, left: "none" } })).toBe("time-wait");
    }
  });

  test("FIN_WAIT2 ended by its own process is an abort", () => {
    expect(cause(TCP.FIN_WAIT2, TCP.CLOSE, { byTask: true })).toBe("abort");
  });

  test.each<TcpStateName>(["FIN_WAIT1", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "SYN_SENT", "SYN_RECV"])(
    "%s never goes to TIME_WAIT",
    (from) => {
      for (const done of [false, true])
        for (const acked of [false, true])
          for (const dead of [false, true])
            for (const byTask of [false, true])
              expect(cause(TCP[from], TCP.CLOSE, { evidence: { done, acked, dead }, byTask })).not.toBe("time-wait");
    },
  );
});

test.each<[TcpStateName, number, string]>([
  ["SYN_SENT", ECONNREFUSED, "reset"],
  ["SYN_SENT", ETIMEDOUT, "timeout"],
  ["SYN_SENT", EHOSTUNREACH, "timeout"],
  ["ESTABLISHED", ECONNRESET, "reset"],
  ["ESTABLISHED", ETIMEDOUT, "timeout"],
  ["ESTABLISHED", ECONNABORTED, "abort"],
  ["CLOSE_WAIT", EPIPE, "reset"],
  ["LAST_ACK", ECONNRESET, "reset"],
  ["LAST_ACK", ETIMEDOUT, "timeout"],
])("%s that ends with errno %i: %s", (from, error, expected) => {
  expect(cause(TCP[from], TCP.CLOSE, { evidence: { error } })).toBe(expected);
});

test("close() with unread data or linger 0 is an abort by its process", () => {
  expect(cause(TCP.ESTABLISHED, TCP.CLOSE, { byTask: true })).toBe("abort");
  expect(cause(TCP.CLOSE_WAIT, TCP.CLOSE, { byTask: true })).toBe("abort");
});

test("an end without evidence, error or process has no cause", () => {
  expect(cause(TCP.ESTABLISHED, TCP.CLOSE)).toBeNull();
  for (const from of [TCP.ESTABLISHED, TCP.FIN_WAIT2, TCP.CLOSING, TCP.LAST_ACK, TCP.SYN_SENT])
    expect(causeOf({ from, to: TCP.CLOSE, evidence: null, task: null })).toBeNull();
  expect(causeOf({ from: TCP.LISTEN, to: TCP.CLOSE, evidence: null, task: null })).toBe("close");
});
