import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { SkipCount } from "#src/source/bpftrace/skip-count.ts";

test("a process without BPF programs has skipped nothing", () => {
  const skips = new SkipCount(process.pid);
  expect(skips.take()).toBe(0);
  expect(skips.take()).toBe(0);
});

test("a process that has ended has skipped nothing", () => {
  const ended = spawnSync("true");
  expect(ended.status).toBe(0);
  expect(new SkipCount(ended.pid).take()).toBe(0);
});

test("a pid that no process can have is not an error", () => {
  expect(new SkipCount(2 ** 31).take()).toBe(0);
});
