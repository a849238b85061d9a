import { describe, expect, test } from "vitest";
import { parseBpftraceVersion } from "#src/source/bpftrace/bpftrace-version.ts";

describe("parseBpftraceVersion", () => {
  test.each([
    ["bpftrace v0.17.0\n", "0.17.0", 0, 17],
    ["bpftrace v0.20.2", "0.20.2", 0, 20],
    ["bpftrace 0.14.0-1ubuntu3", "0.14.0", 0, 14],
    ["bpftrace v0.21.0-123-gabcdef0", "0.21.0", 0, 21],
    ["bpftrace v0.24.1_1.fc43", "0.24.1", 0, 24],
    ["bpftrace v1.0", "1.0", 1, 0],
    ["WARNING: something\nbpftrace v0.27.1\n", "0.27.1", 0, 27],
  ])("%j", (text, version, major, minor) => {
    expect(parseBpftraceVersion(text)).toEqual({ version, major, minor });
  });

  test.each(["", "bpftrace", "bpftrace v", "bpftrace unknown", "usage: bpftrace v0.1", "bpftrace v0.1234567.0"])(
    "%j is nonsense",
    (text) => {
      expect(parseBpftraceVersion(text)).toBeNull();
    },
  );
});
