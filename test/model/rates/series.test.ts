import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Series } from "#src/model/rates/series.ts";

const SECOND = 1e9;

test("keeps the value at the end of each whole second, without the first and the current one", () => {
  const series = new Series();
  for (let at = 2.5 * SECOND; at < 7.9 * SECOND; at += 0.05 * SECOND) series.tick(at, (second) => second * 10);
  expect(series.values()).toEqual([30, 40, 50, 60]);
});

test("with any ticks, the last five minutes have no gaps", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400 * SECOND), { maxLength: 30 }), (steps) => {
      const series = new Series();
      let at = 0;
      for (const step of steps) series.tick((at += step), (second) => second);
      const current = Math.floor(at / SECOND);
      const first = steps.length === 0 ? current : Math.floor((steps[0] ?? 0) / SECOND) + 1;
      const from = Math.max(first, current - 300);
      expect(series.values()).toEqual(Array.from({ length: Math.max(0, current - from) }, (_, index) => from + index));
    }),
  );
});
