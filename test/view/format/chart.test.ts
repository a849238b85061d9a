import * as fc from "fast-check";
import { expect, test } from "vitest";
import { barChart } from "#src/view/format/chart.ts";

test("the highest value fills its column, and half of it fills half", () => {
  expect(barChart([0, 4, 8], 3, 2)).toEqual(["  █", " ██"]);
  expect(barChart([0, 1, 8], 3, 1)).toEqual([" ▁█"]);
});

test("the last value is in the last column, and the oldest are left out if they don't fit", () => {
  expect(barChart([1], 4, 1)).toEqual(["   █"]);
  expect(barChart([9, 1, 0], 2, 1)).toEqual(["█ "]);
});

test("zero has no bar", () => {
  expect(barChart([], 3, 2)).toEqual(["   ", "   "]);
  expect(barChart([0, 0], 2, 1)).toEqual(["  "]);
});

test("any values fill the box, and every value above zero is visible", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000)), fc.nat(120), fc.integer({ min: 1, max: 10 }), (values, columns, rows) => {
      const lines = barChart(values, columns, rows);
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(line).toHaveLength(columns);
      const shown = columns === 0 ? [] : values.slice(-columns);
      const last = (lines.at(-1) ?? "").slice(columns - shown.length);
      expect(last.split("").map((bar) => bar !== " ")).toEqual(shown.map((value) => value > 0));
    }),
  );
});
