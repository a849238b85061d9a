import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BEHIND_MS, frameDelayMs } from "#src/commands/top/frame-pace.ts";

test("frames come at the interval if they are cheap and the model keeps up", () => {
  expect(frameDelayMs(250, 10, 300)).toBe(250);
});

test("drawing takes at most a quarter of the time, and is less frequent if the model is behind", () => {
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
