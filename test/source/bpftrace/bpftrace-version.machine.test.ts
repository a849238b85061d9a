import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { findExecutable } from "#src/host/machine/path-search.ts";
import { until } from "#test/support/until.ts";
import { bpftraceVersion } from "#src/source/bpftrace/bpftrace-version.ts";

async function install(script: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tcptrace-bpftrace-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "bpftrace");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  vi.stubEnv("PATH", directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  return file;
}

describe("bpftraceVersion", () => {
  test("the one in PATH is asked for its version, and for nothing else", async () => {
    const path = await install('[ "$*" = --version ] && echo "bpftrace v0.20.2-1"');
    expect(await bpftraceVersion()).toEqual({ path, version: "0.20.2", major: 0, minor: 20 });
  });

  test.each([
    ["nonsense", "echo hello"],
    ["a failure", "echo bpftrace v0.17.0; exit 1"],
    ["a flood", "while :; do echo bpftrace v0.17.0; done"],
    ["only its stderr", "echo bpftrace v0.17.0 >&2"],
  ])("null for %s", async (_, script) => {
    await install(script);
    expect(await bpftraceVersion()).toBeNull();
  });

  test("null when there is none", async () => {
    vi.stubEnv("PATH", "/nowhere");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await bpftraceVersion()).toBeNull();
  });

  test.each([
    ["one that hangs", ': >"$0.runs"; exec /bin/sleep 60'],
    ["a wrapper whose own child hangs", '/bin/sleep 60 & : >"$0.runs"; wait'],
  ])("an abort ends %s", async (_, script) => {
    const file = await install(script);
    const controller = new AbortController();
    const answer = bpftraceVersion(controller.signal);
    await until("bpftrace to run", () => existsSync(`${file}.runs`));
    controller.abort();
    expect(await answer).toBeNull();
  });

  test("the real one", async ({ skip }) => {
    skip(findExecutable("bpftrace") === null, "needs bpftrace");
    const found = await bpftraceVersion();
    expect(found?.path).toBe(findExecutable("bpftrace"));
    expect(found?.version).toBe(`${found?.major}.${found?.minor}.${found?.version.split(".")[2]}`);
  });
});
