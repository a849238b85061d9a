import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ChangeCounts } from "#src/model/rates/change-counts.ts";
import { TCP, type TcpState } from "#src/model/net/tcp-state.ts";

test("most lost first, then most; lost rare ones have no states", () => {
  const changes = new ChangeCounts();
  for (let times = 0; times < 5; times++) changes.shown(TCP.CLOSE, TCP.SYN_SENT);
  changes.shown(TCP.ESTABLISHED, TCP.CLOSE_WAIT);
  changes.lost({ from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 2 });
  changes.lost({ from: null, to: null, count: 1 });
  expect(changes.totals()).toEqual([
    { from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 3, lost: 2 },
    { from: null, to: null, count: 1, lost: 1 },
    { from: TCP.CLOSE, to: TCP.SYN_SENT, count: 5, lost: 0 },
  ]);
  // Nine in total, and six more of unknown states.
  expect(changes.totals(15, 9)[0]).toEqual({ from: null, to: null, count: 7, lost: 7 });
});

test("a transition inferred before it is known to be lost counts once", () => {
  const changes = new ChangeCounts();
  changes.found(TCP.ESTABLISHED, TCP.CLOSE_WAIT);
  const row = { from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 1, lost: 0 };
  expect(changes.totals(1)).toEqual([row]);
  changes.lost({ from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 1 });
  expect(changes.totals(1)).toEqual([row]);
});

test("if lines were lost, inferred transitions do not change the kernel's counts", () => {
  const changes = new ChangeCounts();
  changes.lost({ from: TCP.SYN_SENT, to: TCP.ESTABLISHED, count: 4 });
  changes.found(TCP.FIN_WAIT1, TCP.FIN_WAIT2);
  expect(changes.totals(5, 4)).toEqual([
    { from: TCP.SYN_SENT, to: TCP.ESTABLISHED, count: 4, lost: 4 },
    { from: null, to: null, count: 1, lost: 0 },
  ]);
});

test("the total of each pair is shown plus lost", () => {
  const anyState = fc.constantFrom<TcpState>(...Object.values(TCP));
  const change = fc.record({
    from: anyState,
    to: anyState,
    isLost: fc.boolean(),
    count: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(change), (all) => {
      const changes = new ChangeCounts();
      const truth = new Map<string, number>();
      for (const { from, to, isLost, count } of all) {
        if (isLost) changes.lost({ from, to, count });
        else for (let times = 0; times < count; times++) changes.shown(from, to);
        truth.set(`${from} ${to}`, (truth.get(`${from} ${to}`) ?? 0) + count);
      }
      expect(new Map(changes.totals().map(({ from, to, count }) => [`${from} ${to}`, count]))).toEqual(truth);
    }),
  );
});
