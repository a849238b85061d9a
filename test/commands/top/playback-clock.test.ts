import { expect, test } from "vitest";
import { PlaybackClock } from "#src/commands/top/playback-clock.ts";

test("playback runs at the requested multiple of real time", () => {
  const clock = new PlaybackClock(5e9, 1000, 10);
  expect(clock.at(1000)).toBe(5e9);
  expect(clock.at(1100)).toBe(6e9);
  expect(clock.msUntil(8e9, 1100)).toBe(200);
  expect(clock.msUntil(5e9, 1100)).toBeLessThan(0);
});
