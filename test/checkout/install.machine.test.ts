import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/test/install.sh", import.meta.url));

/** Runs it where little is installed; the package manager only says what it was given. */
function install(
  manager: "apt-get" | "dnf",
  { words = [], uid = 0 }: { words?: readonly string[]; uid?: number } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-install-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  for (const tool of ["sh", "dirname", "id"]) symlinkSync(join("/usr/bin", tool), join(folder, tool));
  writeFileSync(join(folder, manager), `#!/bin/sh\necho "${manager}" "$@" >&2\n`, { mode: 0o755 });
  const options = { encoding: "utf8", env: { PATH: folder }, uid, gid: uid } as const;
  const { stderr, status } = spawnSync("/bin/sh", [SCRIPT, ...words], options);
  return { lines: stderr.trim().split("\n"), status };
}

describe("what the tests need", NEEDS_ROOT, () => {
  test("is installed by root, with a line that lists it", () => {
    const { lines, status } = install("apt-get");
    const [said = "", ...commands] = lines;
    const [, packages] =
      /^installing what the tests need:( bpftrace .*gcc.* python3 procps util-linux.*)$/.exec(said) ?? [];
    const quiet = "-y -qq --no-install-recommends";
    expect(commands).toEqual(["apt-get update -qq", `apt-get install ${quiet}${packages}`]);
    expect(status).toBe(0);
  });

  test("is more for the kernel matrix", () => {
    expect(install("apt-get").lines[0]).not.toContain("qemu");
    expect(install("apt-get", { words: ["matrix"] }).lines[0]).toMatch(/ bpftrace .* qemu-system-x86/);
  });

  test("is listed in one line without apt-get", () => {
    const { lines, status } = install("dnf");
    expect(lines).toEqual([expect.stringMatching(/^missing for the tests: bpftrace .*cc .*; install them/)]);
    expect(status).toBe(1);
  });

  test("is listed in one line without root", () => {
    const { lines, status } = install("apt-get", { uid: 65_534 });
    expect(lines).toEqual([
      expect.stringMatching(/^missing for the tests: .*; try, as root: apt-get install bpftrace .*gcc/),
    ]);
    expect(status).toBe(1);
  });
});
