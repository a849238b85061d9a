import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { Model } from "#src/model/fold/model.ts";
import { SettledRows } from "#src/model/fold/settled-rows.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import type { TransitionRow } from "#src/model/sockets/transition-row.ts";
import { accept, child, listening, MS, taskOf, tick, transition } from "#test/support/events/scenario.ts";

const AT = 1000 * MS;

/** Folds events one by one; returns the rows settled after each. */
function settler(): { feed: (...events: readonly TraceEvent[]) => TransitionRow[]; rest: () => TransitionRow[] } {
  const model = new Model();
  const rows = new SettledRows();
  model.onTransition = (row) => rows.push(row);
  return {
    feed: (...events) => {
      for (const event of events) model.fold(event);
      return rows.take(model.tables);
    },
    rest: () => rows.take(model.tables, true),
  };
}

const connecting = (at: number, address = 0xc0): TraceEvent =>
  transition(at, TCP.CLOSE, TCP.SYN_SENT, { address, localPort: 0, task: taskOf(9) });

describe("a row", () => {
  test("does not wait if everything is known", () => {
    const { feed } = settler();
    expect(feed(listening(AT, 7)).length).toBe(1);
  });

  test("waits for its own port, which the next event reports", () => {
    const { feed } = settler();
    expect(feed(connecting(AT))).toEqual([]);
    const [first, second, ...more] = feed(transition(AT + MS, TCP.SYN_SENT, TCP.ESTABLISHED));
    expect(more).toEqual([]);
    expect([first?.to, second?.to]).toEqual([TCP.SYN_SENT, TCP.ESTABLISHED]);
    expect(first?.socket.localPort).toBe(40_000);
  });

  test("waits for its port for at most 100 ms of the stream's time", () => {
    const { feed } = settler();
    expect(feed(connecting(AT), tick(AT + 99 * MS))).toEqual([]);
    expect(feed(tick(AT + 100 * MS)).length).toBe(1);
  });

  test("waits for the accept that names its process", () => {
    const { feed } = settler();
    feed(listening(AT, 7));
    const events = [child(AT + 1, TCP.LISTEN, TCP.SYN_RECV), child(AT + 2, TCP.SYN_RECV, TCP.ESTABLISHED)];
    expect(feed(...events, tick(AT + 50 * MS))).toEqual([]);
    const rows = feed(accept(AT + 60 * MS, 8));
    expect(rows.map(({ to, owner, process }) => [to, owner, process?.comm])).toEqual([
      [TCP.SYN_RECV, { pid: 8, evidence: "accept" }, "p8"],
      [TCP.ESTABLISHED, { pid: 8, evidence: "accept" }, "p8"],
    ]);
  });

  test("is charged to the listener after 100 ms without an accept", () => {
    const { feed } = settler();
    feed(listening(AT, 7));
    const events = [child(AT + 1, TCP.LISTEN, TCP.SYN_RECV), child(AT + 2, TCP.SYN_RECV, TCP.ESTABLISHED)];
    const rows = feed(...events, tick(AT + 101 * MS));
    expect(rows.map(({ owner, process }) => [owner, process?.pid])).toEqual([
      [{ pid: 7, evidence: "listener" }, 7],
      [{ pid: 7, evidence: "listener" }, 7],
    ]);
  });

  test("keeps its place behind a row that waits", () => {
    const { feed } = settler();
    expect(feed(connecting(AT), listening(AT + 1, 7))).toEqual([]);
    expect(feed(tick(AT + 100 * MS)).map(({ to }) => to)).toEqual([TCP.SYN_SENT, TCP.LISTEN]);
  });

  test("keeps an owner that was certain when it happened", () => {
    const { feed } = settler();
    const closing = child(AT + 3, TCP.ESTABLISHED, TCP.FIN_WAIT1, { task: taskOf(7) });
    const births = [child(AT + 1, TCP.LISTEN, TCP.SYN_RECV), child(AT + 2, TCP.SYN_RECV, TCP.ESTABLISHED)];
    const rows = feed(connecting(AT), ...births, closing, accept(AT + 4, 8), tick(AT + 200 * MS));
    expect(rows.map(({ to, owner }) => [to, owner.pid])).toEqual([
      [TCP.SYN_SENT, 9],
      [TCP.SYN_RECV, 8],
      [TCP.ESTABLISHED, 8],
      [TCP.FIN_WAIT1, 7],
    ]);
  });
});

test("nothing waits at the end of the stream", () => {
  const { feed, rest } = settler();
  feed(connecting(AT));
  expect(rest().length).toBe(1);
  expect(rest()).toEqual([]);
});

test("ten thousand waiting rows come out once each and in order", () => {
  const { feed, rest } = settler();
  const seen: number[] = [];
  for (let index = 0; index < 10_000; index++)
    seen.push(...feed(connecting(AT + index * MS, 0x1000 + index)).map(({ socket }) => socket.id));
  expect(seen.length).toBe(9900);
  seen.push(...rest().map(({ socket }) => socket.id));
  expect(seen).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1));
});
