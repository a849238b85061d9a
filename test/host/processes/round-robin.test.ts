import { expect, test } from "vitest";
import { RoundRobin } from "#src/host/processes/round-robin.ts";
import { SECOND } from "#test/support/events/scenario.ts";

const PIDS = [1, 2, 3, 4];

/** Runs for a minute, with a try each second: which process was read when. Each process has this many descriptors. */
async function minute(descriptors: number): Promise<(readonly [second: number, pids: readonly number[]])[]> {
  const roundRobin = new RoundRobin();
  roundRobin.reset(0);
  const turns: [number, number[]][] = [];
  for (let second = 0; second <= 60; second += 1) {
    if (!roundRobin.isDue(second * SECOND)) continue;
    const read: number[] = [];
    await roundRobin.take(PIDS, second * SECOND, (pid) => {
      read.push(pid);
      return Promise.resolve(descriptors);
    });
    turns.push([second, read.toSorted((a, b) => a - b)]);
  }
  return turns;
}

test("with few descriptors all processes are read every 10 s", async () => {
  expect(await minute(100)).toEqual([10, 20, 30, 40, 50, 60].map((second) => [second, PIDS]));
});

test("with many descriptors processes take turns, at 500 descriptors a second", async () => {
  const turns = await minute(10_000);
  expect(turns.map(([second, pids]) => [second, pids.length])).toEqual([
    [10, 1],
    [30, 1],
    [50, 1],
  ]);
  expect(new Set(turns.flatMap(([, pids]) => pids)).size).toBe(3);
});

test("it is through when every process has had its turn", async () => {
  const roundRobin = new RoundRobin();
  for (let turn = 1; turn <= PIDS.length; turn += 1) {
    await roundRobin.take(PIDS, turn * 60 * SECOND, async () => 5000);
    expect(roundRobin.isThrough).toBe(turn === PIDS.length);
  }
});
