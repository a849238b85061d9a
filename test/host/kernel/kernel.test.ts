import { describe, expect, test } from "vitest";
import { parseLockdown, parseRelease, supportsFilesystem } from "#src/host/kernel/kernel.ts";

describe("kernel", () => {
  test.each([
    ["6.18.44-fc-v669", 6, 18],
    ["5.15.0-91-generic", 5, 15],
    ["4.18.0-513.5.1.el8_9.x86_64", 4, 18],
    ["6.12-rc1", 6, 12],
    ["nonsense", 0, 0],
    ["", 0, 0],
  ])("release %j", (text, major, minor) => {
    expect(parseRelease(text)).toEqual({ major, minor });
  });

  test.each([
    ["[none] integrity confidentiality\n", "none"],
    ["none [integrity] confidentiality\n", "integrity"],
    ["none integrity [confidentiality]\n", "confidentiality"],
    ["none integrity confidentiality\n", null],
    ["", null],
  ])("lockdown %j", (text, mode) => {
    expect(parseLockdown(text)).toBe(mode);
  });

  test("file systems, with a device and without", () => {
    const text = "nodev\tsysfs\nnodev\ttracefs\n\text4\n";
    expect(["tracefs", "ext4", "nodev", "trace", "sysf"].map((name) => supportsFilesystem(text, name))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
