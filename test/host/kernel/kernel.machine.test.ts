import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readKernel } from "#src/host/kernel/kernel.ts";

test("this kernel", () => {
  const kernel = readKernel();
  expect(`${kernel.major}.${kernel.minor}`).toBe(/^\d+\.\d+/.exec(kernel.release)?.[0]);
  expect(readFileSync("/proc/version", "utf8")).toContain(kernel.release);
  const mounted = readFileSync("/proc/self/mounts", "utf8").includes(" /sys/kernel/tracing tracefs ");
  if (mounted) expect(kernel.tracefs.mountedAt).toBe("/sys/kernel/tracing");
  expect(kernel.stateTracepoint === null).toBe(kernel.tracefs.mountedAt === null);
  expect(kernel.acceptTracepoint === null).toBe(kernel.tracefs.mountedAt === null);
});

test("kprobes, BTF and tracefs are what the kernel was built with", ({ skip }) => {
  skip(!existsSync("/proc/config.gz"), "needs a kernel with CONFIG_IKCONFIG_PROC");
  const config = gunzipSync(readFileSync("/proc/config.gz")).toString();
  const kernel = readKernel();
  expect(kernel.kprobes).toBe(/^CONFIG_KPROBE_EVENTS=y$/m.test(config));
  expect(kernel.btf).toBe(/^CONFIG_DEBUG_INFO_BTF=y$/m.test(config));
  expect(kernel.tracefs.supported).toBe(/^CONFIG_TRACING=y$/m.test(config));
});
