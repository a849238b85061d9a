import { expect, test } from "vitest";
import { parseDurationMs, parseSecondsMs } from "#src/base/duration.ts";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
])("%s is %d ms, with or without bare seconds", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
  expect(parseSecondsMs(text)).toBe(ms);
});

test.each([
  ["5", 5000],
  ["0.5", 500],
  ["0", 0],
])("a bare %s means seconds only where that is accepted", (text, ms) => {
  expect(parseDurationMs(text)).toBeNull();
  expect(parseSecondsMs(text)).toBe(ms);
});

test.each(["", ".", "1.2.3", "-5", "5 ", "5d", "1e3", "s"])("'%s' is not a duration", (text) => {
  expect(parseDurationMs(text)).toBeNull();
  expect(parseSecondsMs(text)).toBeNull();
});
