import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RateMeter } from "#src/model/rates/rate.ts";

const SECOND = 1e9;

/** A meter with these numbers of events per second, from the given second on. */
function meter(perSecond: readonly number[], first = 100): RateMeter {
  const rate = new RateMeter();
  for (const [index, count] of perSecond.entries())
    for (let event = 0; event < count; event++) rate.add((first + index + event / count) * SECOND);
  return rate;
}

test("0 without events", () => {
  expect(new RateMeter().perSecond(1e18)).toBe(0);
});

test("a constant rate", () => {
  expect(meter([10, 10, 10, 10, 10, 10, 10]).perSecond(107 * SECOND)).toBe(10);
});

test("the mean of the last five whole seconds, without the current one", () => {
  expect(meter([1000, 1, 2, 3, 4, 5, 1000]).perSecond(106.9 * SECOND)).toBe(3);
});

test("a run shorter than five seconds is divided by its own length", () => {
  expect(meter([8, 8, 8]).perSecond(103 * SECOND)).toBe(8);
});

test("in the first second: the count so far, over the time so far or a quarter second", () => {
  const rate = meter([]);
  for (const at of [100.01, 100.02, 100.03, 100.04, 100.05]) rate.add(at * SECOND);
  expect(rate.perSecond(100.05 * SECOND)).toBe(20);
  expect(rate.perSecond(100.5 * SECOND)).toBe(10);
});

test("falls to 0 second by second without events", () => {
  const rate = meter([10, 10, 10, 10, 10]);
  expect([105, 106, 107, 108, 109, 110].map((second) => rate.perSecond(second * SECOND))).toEqual([10, 8, 6, 4, 2, 0]);
  expect(rate.perSecond(1e9 * SECOND)).toBe(0);
});

test("events before a long silence do not count", () => {
  const rate = meter([600]);
  for (const count of [0, 1, 2]) rate.add((200 + count) * SECOND);
  expect(rate.perSecond(205 * SECOND)).toBe(3 / 5);
});

test("a late event counts in its own second, and one from before the window not at all", () => {
  const rate = meter([10, 10, 10, 10, 10]);
  rate.add(90 * SECOND);
  expect(rate.perSecond(105 * SECOND)).toBe(10);
  rate.add(102 * SECOND);
  expect(rate.perSecond(105 * SECOND)).toBe(10.2);
});

test("any stream in order counts each event of the last five seconds once", () => {
  const steps = fc.array(fc.oneof(fc.nat(1000), fc.nat(3_000_000)), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.nat(7_000_000), (gaps, after) => {
      const rate = new RateMeter();
      const times: number[] = [];
      let at = 50 * SECOND;
      for (const gap of gaps) {
        at += gap * 1000;
        times.push(at);
        rate.add(at);
      }
      const now = at + after * 1000;
      const current = Math.floor(now / SECOND);
      const first = Math.floor((times[0] ?? 0) / SECOND);
      fc.pre(current > first);
      const begin = Math.max(first, current - 5);
      const count = times.filter((one) => one >= begin * SECOND && one < current * SECOND).length;
      expect(rate.perSecond(now)).toBeCloseTo(count / (current - begin), 9);
    }),
  );
});
