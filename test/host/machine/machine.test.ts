import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseEffectiveCapabilities, privilegesOf, readPrivileges } from "#src/host/kernel/capabilities.ts";
import { installCommand } from "#src/host/machine/distro.ts";
import { parseLockdown, parseRelease, readKernel, supportsFilesystem } from "#src/host/kernel/kernel.ts";
import { findExecutable } from "#src/host/machine/path-search.ts";
import { asNobody, isRoot } from "#test/support/machine/children.ts";

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

  test("this kernel", () => {
    const kernel = readKernel();
    expect(`${kernel.major}.${kernel.minor}`).toBe(/^\d+\.\d+/.exec(kernel.release)?.[0]);
    expect(readFileSync("/proc/version", "utf8")).toContain(kernel.release);
    const mounted = readFileSync("/proc/self/mounts", "utf8").includes(" /sys/kernel/tracing tracefs ");
    if (mounted) expect(kernel.tracefs.mountedAt).toBe("/sys/kernel/tracing");
    expect(kernel.stateTracepoint === null).toBe(kernel.tracefs.mountedAt === null);
    expect(kernel.acceptTracepoint === null).toBe(kernel.tracefs.mountedAt === null);
  });

  test.skipIf(!existsSync("/proc/config.gz"))("kprobes, BTF and tracefs are what the kernel was built with", () => {
    const config = gunzipSync(readFileSync("/proc/config.gz")).toString();
    const kernel = readKernel();
    expect(kernel.kprobes).toBe(/^CONFIG_KPROBE_EVENTS=y$/m.test(config));
    expect(kernel.btf).toBe(/^CONFIG_DEBUG_INFO_BTF=y$/m.test(config));
    expect(kernel.tracefs.supported).toBe(/^CONFIG_TRACING=y$/m.test(config));
  });
});

describe("privileges", () => {
  test("bits", () => {
    expect(parseEffectiveCapabilities("CapPrm:\tff\nCapEff:\t000001fffeffffff\nCapBnd:\t0\n")).toBe(0x1fffeffffffn);
    expect(parseEffectiveCapabilities("CapEff:\tnonsense\n")).toBe(0n);
    expect(privilegesOf(1n << 21n, 0)).toEqual({ isRoot: true, sysAdmin: true, bpf: false, perfmon: false });
    expect(privilegesOf(1n << 39n, 1)).toEqual({ isRoot: false, sysAdmin: false, bpf: true, perfmon: false });
    expect(privilegesOf(1n << 38n, 1)).toEqual({ isRoot: false, sysAdmin: false, bpf: false, perfmon: true });
  });

  test("any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseEffectiveCapabilities(`CapEff:\t${text}`)).toBeGreaterThanOrEqual(0n);
      }),
    );
  });

  test.skipIf(!isRoot)("root has them, nobody has not", async () => {
    expect(readPrivileges().isRoot).toBe(true);
    expect(await asNobody(readPrivileges)).toEqual({ isRoot: false, sysAdmin: false, bpf: false, perfmon: false });
    expect(readPrivileges().isRoot).toBe(true);
  });
});

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

describe("installCommand", () => {
  test.each([
    ["ID=debian\n", "apt-get install bpftrace"],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', "apt-get install bpftrace"],
    ["ID=fedora\n", "dnf install bpftrace"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install bpftrace"],
    ["ID=alpine\n", "apk add bpftrace"],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "zypper install bpftrace"],
    ["ID=arch\n", "pacman -S bpftrace"],
    ["ID=manjaro\nID_LIKE=arch\n", "pacman -S bpftrace"],
    ["ID=nixos\n", null],
    ["VARIANT_ID=debian\n", null],
    ["", null],
  ])("%j", (text, command) => {
    expect(installCommand(text, "bpftrace")).toBe(command);
  });
});
