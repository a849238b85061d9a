import * as fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { formatCount, formatDuration, formatPlural, formatRate, formatSetting } from "#src/base/quantity.ts";
import { clip, clock, fit, percent, wrap } from "#src/view/format/format.ts";
import { anyName } from "#test/support/samples/any-values.ts";

describe("durations", () => {
  test.each([
    [0, "0.0s"],
    [-5, "0.0s"],
    [499, "0.4s"],
    [9999, "9.9s"],
    [12_345, "12s"],
    [59_999, "59s"],
    [184_000, "3m04s"],
    [7_800_000, "2h10m"],
    [86_399_999, "23h59m"],
    [4 * 86_400_000, "4d"],
    [Number.POSITIVE_INFINITY, "-"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test.each([
    [250, "250ms"],
    [1000, "1s"],
    [1500, "1.5s"],
    [60_000, "60s"],
    [300_000, "5m"],
    [7_200_000, "2h"],
    [90_000, "1m30s"],
  ])("a setting of %d ms is %s", (ms, text) => {
    expect(formatSetting(ms)).toBe(text);
  });
});

describe("numbers", () => {
  test.each([
    [0, "0"],
    [9999, "9,999"],
    [12_345, "12.3k"],
    [123_999, "123k"],
    [999_999, "999k"],
    [1_234_567, "1.2M"],
    [9e15, ">999T"],
  ])("count %d is %s", (number, text) => {
    expect(formatCount(number)).toBe(text);
  });

  test.each([
    [0, "0"],
    [Number.NaN, "0"],
    [0.01, "<0.1"],
    [0.49, "0.4"],
    [3, "3"],
    [99.99, "99.9"],
    [456.7, "456"],
    [12_345, "12.3k"],
  ])("rate %d is %s", (number, text) => {
    expect(formatRate(number)).toBe(text);
  });

  test("only the whole is 100%", () => {
    expect(percent(99_999, 100_000)).toBe("99.9%");
    expect(percent(3, 3)).toBe("100%");
    expect(percent(0, 0)).toBe("-");
  });

  test("no count is wider than its column", () => {
    fc.assert(fc.property(fc.maxSafeNat(), (number) => formatCount(number).length <= 5));
  });

  test("a noun agrees with its number", () => {
    expect(formatPlural(1, "socket")).toBe("1 socket");
    expect(formatPlural(0, "process", "processes")).toBe("0 processes");
  });
});

test("the clock is in UTC and survives nonsense", () => {
  expect(clock(Date.UTC(2026, 4, 1, 22, 14, 7, 999))).toBe("2026-05-01 22:14:07 UTC");
  expect(clock(Number.NaN)).toBe("-");
});

describe("text on a grid", () => {
  test("a cut text ends in a tilde", () => {
    expect(clip("gunicorn", 8)).toBe("gunicorn");
    expect(clip("gunicorn", 5)).toBe("guni~");
    expect(clip("数据库", 4)).toBe("数~");
    expect(fit("数据库", 4, "left")).toBe("数~ ");
    expect(fit("7", 3, "right")).toBe("  7");
  });

  test("a fitted text has exactly its width", () => {
    fc.assert(
      fc.property(
        anyName,
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom("left" as const, "right" as const),
        (text, size, align) => {
          expect(stringWidth(fit(text, size, align))).toBe(size);
        },
      ),
    );
  });

  test("wrapping keeps every word while lines are left", () => {
    expect(wrap("one two three", 7, 9)).toEqual(["one two", "three"]);
    expect(wrap("one two three", 7, 1)).toEqual(["one tw~"]);
    expect(wrap("", 7, 2)).toEqual([]);
  });

  test("wrapped lines are within their width", () => {
    fc.assert(
      fc.property(
        fc.lorem({ maxCount: 30 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 6 }),
        (text, size, most) => {
          const lines = wrap(text, size, most);
          expect(lines.length).toBeLessThanOrEqual(most);
          for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(size);
        },
      ),
    );
  });
});
