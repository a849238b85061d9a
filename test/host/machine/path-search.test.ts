import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findExecutable } from "#src/host/machine/path-search.ts";

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tcptrace-path-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

describe("findExecutable", () => {
  test("the first executable file", async () => {
    const [withDirectory, withText, good, later] = await Promise.all([1, 2, 3, 4].map(makeDirectory));
    await mkdir(join(String(withDirectory), "tool"));
    for (const directory of [withText, good, later]) await writeFile(join(String(directory), "tool"), "#!/bin/sh\n");
    for (const directory of [good, later]) await chmod(join(String(directory), "tool"), 0o755);
    const path = ["/nowhere", withDirectory, withText, good, later].join(":");
    expect(findExecutable("tool", path)).toBe(join(String(good), "tool"));
    expect(findExecutable("other", path)).toBeNull();
  });

  test("never from where the user happens to be", async () => {
    const directory = await makeDirectory();
    await writeFile(join(directory, "tool"), "#!/bin/sh\n");
    await chmod(join(directory, "tool"), 0o755);
    expect(findExecutable("tool", directory)).not.toBeNull();
    expect(findExecutable("tool", relative(process.cwd(), directory))).toBeNull();
    expect(findExecutable("tool", "")).toBeNull();
  });
});
