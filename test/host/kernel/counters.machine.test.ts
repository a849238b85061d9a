import { expect, test } from "vitest";
import { readCounters } from "#src/host/kernel/counters.ts";
import { connect, listen } from "#test/support/machine/children.ts";

test("a connection is counted where it is made", async () => {
  const { server } = await listen("127.0.0.1");
  const before = readCounters("self")?.counters.ActiveOpens ?? NaN;
  await connect(server, "127.0.0.1");
  await connect(server, "127.0.0.1");
  expect(readCounters("self")?.counters.ActiveOpens).toBeGreaterThanOrEqual(before + 2);
});

test("a process that has gone has no counters", () => {
  expect(readCounters(2 ** 22 + 1)).toBeNull();
});
