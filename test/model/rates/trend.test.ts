import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Trend } from "#src/model/rates/trend.ts";
import { SECOND } from "#test/support/events/scenario.ts";

/** A trend of these values, one every `step` seconds. */
function trendOf(values: readonly number[], step = 1): Trend {
  const trend = new Trend();
  for (const [index, value] of values.entries()) trend.add(index * step * SECOND, value);
  return trend;
}

/** The samples of a straight line. */
function line(samples: number, perSample: number, start = 0): number[] {
  return Array.from({ length: samples }, (_, index) => start + index * perSample);
}

function expectSlope(trend: Trend, perSecond: number): void {
  const slope = trend.perSecond();
  if (slope === null) throw new Error("no slope");
  expect(Math.abs(slope - perSecond)).toBeLessThanOrEqual(Math.abs(perSecond) * 1e-9 + 1e-9);
}

const anySlope = fc.integer({ min: -1_000_000, max: 1_000_000 });

describe("the slope", () => {
  test("of a straight line is that of the line, for any number of samples", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 400 }),
        anySlope,
        fc.nat(100_000),
        fc.integer({ min: 1, max: 3600 }),
        (samples, perSample, start, step) => {
          expectSlope(trendOf(line(samples, perSample, start), step), perSample / step);
        },
      ),
    );
  });

  test("of a line does not depend on the sample times", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 3, maxLength: 300 }),
        anySlope,
        (gaps, slope) => {
          const trend = new Trend();
          let seconds = 0;
          for (const gap of gaps) {
            seconds += gap;
            trend.add(seconds * SECOND, seconds * slope);
          }
          fc.pre(trend.perSecond() !== null);
          expectSlope(trend, slope);
        },
      ),
    );
  });

  test("is not affected by one outlier among five or more samples", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 200 }),
        anySlope,
        fc.nat(),
        fc.integer(),
        (samples, slope, which, stray) => {
          const values = line(samples, slope).with(which % samples, stray);
          expectSlope(trendOf(values), slope);
        },
      ),
    );
  });

  test("is not affected by a jump near either end of the run", () => {
    const late = [...line(32, 2), ...line(8, 2, 5000 + 64)];
    const early = [...line(8, 2), ...line(32, 2, 5000 + 16)];
    expectSlope(trendOf(late), 2);
    expectSlope(trendOf(early), 2);
  });

  test("is not affected by a jump in the middle of the run", () => {
    expectSlope(trendOf([...line(10, 0), ...line(10, 0, 100)]), 0);
  });

  test("of a constant is 0, and of falling values negative", () => {
    expect(trendOf([7, 7, 7, 7]).perSecond()).toBe(0);
    expectSlope(trendOf([30, 20, 10]), -10);
  });
});

describe("there is no slope", () => {
  test("of fewer than three samples", () => {
    expect(trendOf([]).perSecond()).toBeNull();
    expect(trendOf([1]).perSecond()).toBeNull();
    expect(trendOf([1, 2], 60).perSecond()).toBeNull();
    expect(trendOf([1, 2, 3], 60).perSecond()).not.toBeNull();
  });

  test("of less than two seconds", () => {
    const short = new Trend();
    for (const at of [0, 0.5, 1, 1.5, 2 - 1e-9]) short.add(at * SECOND, at);
    expect(short.perSecond()).toBeNull();
    short.add(2 * SECOND, 2);
    expectSlope(short, 1);
  });

  test("of samples at a single time", () => {
    const trend = new Trend();
    for (let value = 0; value < 200; value++) trend.add(5 * SECOND, value);
    expect(trend.perSecond()).toBeNull();
  });
});

describe("until the limit", () => {
  test("is the rest at the current slope, minus the time since the last sample", () => {
    const trend = trendOf([100, 110, 120, 130]);
    expect(trend.msUntil(230, 3 * SECOND)).toBeCloseTo(10_000);
    expect(trend.msUntil(230, 5 * SECOND)).toBeCloseTo(8000);
    expect(trend.msUntil(230, 60 * SECOND)).toBe(0);
  });

  test("is 0 once the limit is reached, whatever the slope", () => {
    expect(trendOf([230]).msUntil(230, 0)).toBe(0);
    expect(trendOf([300, 280, 260]).msUntil(230, 2 * SECOND)).toBe(0);
  });

  test("is null if the number does not rise or the slope is unknown", () => {
    expect(trendOf([]).msUntil(230, 0)).toBeNull();
    expect(trendOf([1, 2]).msUntil(230, SECOND)).toBeNull();
    expect(trendOf([5, 5, 5]).msUntil(230, 2 * SECOND)).toBeNull();
    expect(trendOf([7, 6, 5]).msUntil(230, 2 * SECOND)).toBeNull();
  });

  test("the forecast of a steady rise does not move during the run", () => {
    const rise = fc.record({ perSecond: fc.integer({ min: 1, max: 50 }), samples: fc.integer({ min: 3, max: 500 }) });
    fc.assert(
      fc.property(rise, ({ perSecond, samples }) => {
        const trend = trendOf(line(samples, perSecond));
        const now = samples - 1;
        // It reaches the limit at second 1000.
        const left = trend.msUntil(1000 * perSecond, now * SECOND) ?? NaN;
        expect(Math.abs(left - (1000 - now) * 1000)).toBeLessThan(0.01);
      }),
    );
  });
});

describe("a long run", () => {
  test("counts as a whole, unless it slows down", () => {
    const slower = trendOf([...line(300, 1), ...line(60, 0, 300)]).perSecond() ?? NaN;
    expect(slower).toBeGreaterThan(0);
    expect(slower).toBeLessThan(1);
    const flat = [...line(300, 0), ...line(60, 1)];
    expectSlope(trendOf(flat), 0);
  });

  test("of a whole day depends on the day, not on its last minutes", () => {
    const day = Array.from({ length: 43_200 }, (_, index) => Math.floor(index / 300));
    const perHour = (trendOf(day, 2).perSecond() ?? NaN) * 3600;
    expect(perHour).toBeGreaterThan(5.5);
    expect(perHour).toBeLessThan(6.5);
  });
});
