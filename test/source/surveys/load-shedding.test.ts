import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LoadShedding } from "#src/source/surveys/load-shedding.ts";

test("reading is always allowed while tracing keeps up, and every five seconds while it is behind", () => {
  const way = new LoadShedding();
  expect([way.allows(false, 0), way.allows(false, 50), way.allows(true, 100), way.allows(true, 5000)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([way.allows(true, 10_050), way.allows(true, 10_100), way.allows(false, 10_150)]).toEqual([true, false, true]);
});

test("never stops for good, however long tracing is behind", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 5000 })), { minLength: 1 }), (steps) => {
      const way = new LoadShedding();
      let now = 0;
      let last = 0;
      way.allows(false, 0);
      for (const [isBehind, passed] of steps) {
        now += passed;
        const isAllowed = way.allows(isBehind, now);
        expect(isAllowed).toBe(!isBehind || now - last >= 5000);
        if (isAllowed) last = now;
      }
    }),
  );
});
