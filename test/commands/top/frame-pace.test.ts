import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BEHIND_MS, frameDelayMs } from "#src/commands/top/frame-pace.ts";

test("a picture comes at the interval while it costs little and the model follows", () => {
  expect(frameDelayMs(250, 10, 300)).toBe(250);
});

test("drawing takes a quarter of the time at most, and a model that is behind has it drawn more rarely", () => {
  const anyMs = fc.integer({ min: 0, max: 60_000 });
  fc.assert(
    fc.property(fc.integer({ min: 250, max: 60_000 }), anyMs, anyMs, (interval, cost, lag) => {
      const delay = frameDelayMs(interval, cost, lag);
      expect(delay).toBeGreaterThanOrEqual(interval);
      expect(cost).toBeLessThanOrEqual((delay + cost) / 4);
      if (lag > BEHIND_MS) expect(delay).toBeGreaterThan(interval);
    }),
  );
});
