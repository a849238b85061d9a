import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { listPids, readProcess, readStat } from "#src/host/processes/processes.ts";
import { gonePid, startChild } from "#test/support/machine/children.ts";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";

describe("readProcess", () => {
  test("this process", async () => {
    const facts = await readProcess(process.pid);
    expect(facts).toMatchObject({
      pid: process.pid,
      uid: process.geteuid?.(),
      startTime: readStat(process.pid)?.startTime,
    });
    // Counting takes a descriptor itself, or not: see countDescriptors.
    expect(Math.abs((facts?.fdUsed ?? -9) - readdirSync("/proc/self/fd").length)).toBeLessThanOrEqual(1);
  });

  test.each([
    ["a newline", [0x61, 0x0a, 0x62], "a\\x0ab"],
    ["an escape", [0x1b, 0x5b, 0x32, 0x4a], "\\x1b[2J"],
    ["bytes that are no UTF-8", [0xff, 0x41, 0xc3], "\\xffA\\xc3"],
    ["a name that imitates stat", [...Buffer.from(") R 1 2 3 4 5 6")], ") R 1 2 3 4 5 6"],
  ])("a name with %s", async (_, bytes, expected) => {
    const { pid } = await startChild(
      `require("fs").writeFileSync("/proc/self/comm", Buffer.from(${JSON.stringify(bytes)})); console.log("ready");`,
    );
    const facts = await readProcess(pid);
    expect(facts).toMatchObject({ pid, comm: expected });
    expect(facts?.startTime).toBeGreaterThanOrEqual(readStat(process.pid)?.startTime ?? Infinity);
  });

  test("limit and number of descriptors, and the command line", async () => {
    const { pid } = await startChild(
      `for (let i = 0; i < 50; i++) require("fs").openSync("/dev/null"); console.log("ready"); /* a "marker" */`,
      { prefix: ["sh", "-c", 'ulimit -n 321; exec "$@"', "sh"] },
    );
    const facts = await readProcess(pid);
    expect(facts?.fdLimit).toBe(321);
    expect(facts?.fdUsed).toBe(readdirSync(`/proc/${pid}/fd`).length);
    expect(facts?.fdUsed).toBeGreaterThan(50);
    expect(facts?.cmdline.startsWith(`${process.execPath} -e for (let i`)).toBe(true);
    expect(facts?.cmdline).toContain('a "marker"');
  });

  test("the effective uid", NEEDS_ROOT, async () => {
    const { pid } = await startChild(`process.seteuid(65534); console.log("ready");`);
    expect((await readProcess(pid))?.uid).toBe(65534);
  });

  test("a process that has gone", async () => {
    const pid = await gonePid();
    expect(await readProcess(pid)).toBeNull();
    expect(readStat(pid)).toBeNull();
  });

  test("all pids", async () => {
    const { pid } = await startChild(`console.log("ready");`);
    expect(listPids()).toEqual(expect.arrayContaining([1, process.pid, pid]));
  });
});
