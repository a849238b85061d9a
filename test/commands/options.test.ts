import { describe, expect, test } from "vitest";
import { Command } from "commander";
import { durationOption, parseCount, parseDuration, stuckAfterOption, watchOption } from "#src/commands/options.ts";

describe("a bare number means seconds", () => {
  test.each([
    ["5", 5000],
    ["0.5", 500],
    ["500ms", 500],
    ["2h", 7_200_000],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ["--duration", durationOption],
    ["--duration", () => watchOption("5s")],
    ["--stuck-after", stuckAfterOption],
  ])("for %s", (flag, option) => {
    const command = new Command().addOption(option()).parse([flag, "5"], { from: "user" });
    expect(Object.values(command.opts())).toEqual([5000]);
  });
});

test.each(["5d", "-5", "five", "", "8761h"])("'%s' is not a duration", (text) => {
  expect(() => parseDuration(text)).toThrow(/^must be /);
});

test.each(["0", "-1", "1.5", "1e3", "9007199254740993", ""])("'%s' is not a count", (text) => {
  expect(() => parseCount(text)).toThrow("must be an integer of at least 1");
});
