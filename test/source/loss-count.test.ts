import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LossCount } from "../../src/source/loss-count.ts";

test("nothing is lost while all that was sent arrives", () => {
  const loss = new LossCount();
  for (let sent = 1; sent <= 100; sent++) {
    loss.received(0);
    expect(loss.emitted(0, sent)).toBe(0);
  }
});

test("each loss is told once", () => {
  const loss = new LossCount();
  loss.received(1);
  expect(loss.emitted(1, 3)).toBe(2);
  expect(loss.emitted(1, 3)).toBe(0);
  loss.received(1);
  expect(loss.emitted(1, 4)).toBe(0);
  expect(loss.emitted(1, 5)).toBe(1);
});

test("one CPU's plenty does not hide another one's loss", () => {
  const loss = new LossCount();
  for (let times = 0; times < 10; times++) loss.received(0);
  expect(loss.emitted(0, 10)).toBe(0);
  expect(loss.emitted(1, 4)).toBe(4);
});

test("a CPU whose every event is lost tells of all of them", () => {
  expect(new LossCount().emitted(3, 12)).toBe(12);
});

interface Step {
  readonly cpu: number;
  readonly what: "event" | "lost event" | "heartbeat" | "lost heartbeat";
}

function add(counts: Map<number, number>, cpu: number, more: number): void {
  counts.set(cpu, (counts.get(cpu) ?? 0) + more);
}

test("the sum is exact for any pattern of drops on any CPU, heartbeats too", () => {
  const step: fc.Arbitrary<Step> = fc.record({
    cpu: fc.nat(7),
    what: fc.constantFrom("event", "lost event", "heartbeat", "lost heartbeat"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const loss = new LossCount();
      const emitted = new Map<number, number>();
      const dropped = new Map<number, number>();
      const told = new Map<number, number>();
      for (const { cpu, what } of steps) {
        if (what === "lost heartbeat") continue;
        if (what === "heartbeat") {
          add(told, cpu, loss.emitted(cpu, emitted.get(cpu) ?? 0));
          expect(told.get(cpu)).toBe(dropped.get(cpu) ?? 0);
          continue;
        }
        add(emitted, cpu, 1);
        if (what === "event") loss.received(cpu);
        else add(dropped, cpu, 1);
      }
    }),
  );
});

test("all of a CPU's events have come, or are known to be lost", () => {
  const loss = new LossCount();
  loss.received(1);
  loss.received(1);
  expect([loss.hasAll(1, 2), loss.hasAll(1, 3), loss.hasAll(0, 0), loss.hasAll(0, 1)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  loss.emitted(1, 5);
  expect([loss.hasAll(1, 5), loss.hasAll(1, 6)]).toEqual([true, false]);
});
