import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { Reorder } from "#src/source/intake/reorder.ts";
import { LINE, WireLine } from "#src/wire/wire-line.ts";

const SECOND = 1e9;

function event(at: number, address = 0): WireLine {
  const line = new WireLine();
  line.kind = LINE.v4;
  line.at = at;
  line.fields.read(Buffer.from(` 0 ${(address * 65_536).toString(16)}|`), 0, 2);
  return line;
}

function times(events: readonly TraceEvent[]): number[] {
  return events.map(({ at }) => at);
}

/** A Reorder of these CPUs, none of which has reported anything. */
function newReorder(cpus: number): Reorder {
  return new Reorder(
    Array.from({ length: cpus }, (_, cpu) => cpu),
    0,
  );
}

describe("the turn of an event", () => {
  test("comes when each CPU has reported a later time, by an event or by a heartbeat", () => {
    const reorder = newReorder(3);
    reorder.push(event(10), 0);
    reorder.push(event(20), 0);
    reorder.push(event(15), 1);
    expect(reorder.release()).toEqual([]);
    reorder.complete(2, 12);
    expect(times(reorder.release())).toEqual([10]);
    reorder.complete(2, 40);
    expect(times(reorder.release())).toEqual([15]);
    reorder.complete(1, 40);
    expect(times(reorder.release())).toEqual([20]);
    expect(reorder.size).toBe(0);
  });

  test("does not come before notAfter", () => {
    const reorder = newReorder(1);
    for (const at of [10, 20, 30]) reorder.push(event(at), 0);
    expect(times(reorder.release(20))).toEqual([10, 20]);
    expect(reorder.released).toBe(20);
    expect(reorder.release(25)).toEqual([]);
    expect(reorder.released).toBe(25);
    expect(times(reorder.release())).toEqual([30]);
  });

  test("`all` waits for no CPU", () => {
    const reorder = newReorder(2);
    reorder.push(event(30), 0);
    reorder.push(event(20), 1);
    expect(times(reorder.release(Infinity, true))).toEqual([20, 30]);
  });

  test("a CPU with nothing to send delays no other, as long as it sends heartbeats", () => {
    const reorder = newReorder(2);
    for (let at = 1; at <= 100; at++) {
      reorder.push(event(at), 0);
      reorder.complete(1, at);
      expect(times(reorder.release())).toEqual([at]);
    }
    expect(reorder.late).toBe(0);
  });
});

describe("a CPU that goes silent", () => {
  test("delays the others for fifteen seconds of kernel time, and then no longer", () => {
    const reorder = newReorder(2);
    reorder.push(event(1 * SECOND), 1);
    reorder.push(event(1.5 * SECOND), 0);
    expect(times(reorder.release())).toEqual([1 * SECOND]);
    reorder.complete(0, 15.9 * SECOND);
    expect(reorder.release()).toEqual([]);
    reorder.complete(0, 16.1 * SECOND);
    expect(times(reorder.release())).toEqual([1.5 * SECOND]);
    expect(reorder.late).toBe(0);
  });

  test("may come back: its events are then late, counted and not lost", () => {
    const reorder = newReorder(2);
    reorder.push(event(20 * SECOND), 0);
    expect(times(reorder.release())).toEqual([20 * SECOND]);
    reorder.push(event(2 * SECOND), 1);
    reorder.push(event(21 * SECOND), 1);
    reorder.complete(0, 21 * SECOND);
    expect(reorder.late).toBe(1);
    expect(times(reorder.release())).toEqual([2 * SECOND, 21 * SECOND]);
    expect(reorder.released).toBe(21 * SECOND);
  });

  test("late events at the end do not move the watermark back", () => {
    const reorder = newReorder(2);
    reorder.complete(0, 24 * SECOND);
    reorder.release();
    expect(reorder.released).toBe(24 * SECOND);
    reorder.push(event(2 * SECOND), 1);
    expect(times(reorder.release(Infinity, true))).toEqual([2 * SECOND]);
    expect(reorder.released).toBe(24 * SECOND);
  });
});

describe("a CPU that is idle", () => {
  test("delays the others until an answer shows that it has nothing", () => {
    const reorder = newReorder(3);
    reorder.push(event(10), 0);
    reorder.push(event(50), 1);
    expect(reorder.release()).toEqual([]);
    expect(reorder.silentSince(10)).toEqual([2]);
    reorder.complete(2, 60);
    expect(times(reorder.release())).toEqual([10]);
    expect(reorder.silentSince(50)).toEqual([0]);
  });

  test("is not set back by a late event", () => {
    const reorder = newReorder(2);
    reorder.complete(1, 60);
    reorder.push(event(30), 1);
    reorder.push(event(50), 0);
    expect(times(reorder.release())).toEqual([30, 50]);
  });
});

describe("a CPU that may hold something back", () => {
  const MILLISECOND = 1e6;

  test("must be asked until an answer comes some time after its last event", () => {
    const reorder = newReorder(2);
    reorder.push(event(SECOND), 0);
    expect(reorder.holdingSince(SECOND)).toEqual([]);
    expect(reorder.holdingSince(SECOND + 1)).toEqual([0]);
    reorder.complete(0, SECOND + 20 * MILLISECOND);
    expect(reorder.holdingSince(SECOND + 40 * MILLISECOND)).toEqual([0]);
    reorder.complete(0, SECOND + 60 * MILLISECOND);
    expect(reorder.holdingSince(2 * SECOND)).toEqual([]);
  });

  test("has had an event", () => {
    expect(newReorder(2).holdingSince(SECOND)).toEqual([]);
  });
});

test("memory is bounded: at most half a million events wait for a silent CPU", () => {
  const reorder = newReorder(2);
  for (let at = 1; at <= 500_000; at++) reorder.push(event(at), 0);
  expect(reorder.release()).toEqual([]);
  reorder.push(event(500_001), 0);
  expect(reorder.release().length).toBe(500_001);
  expect(reorder.size).toBe(0);
});

interface Step {
  readonly cpu: number;
  readonly after: number;
  readonly what: "event" | "heartbeat" | "release";
  readonly back: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  cpu: fc.nat(3),
  after: fc.oneof(fc.nat(3), fc.nat(10_000)),
  what: fc.constantFrom("event", "event", "heartbeat", "release"),
  back: fc.oneof(fc.constant(-1), fc.nat(10_000)),
});

test("any streams, each in order, come out as one stream in order, each event once", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const reorder = newReorder(4);
      const clocks = [1, 1, 1, 1];
      let pushed = 0;
      const out: TraceEvent[] = [];
      const release = (back: number): void => {
        const told = Math.min(...clocks.map((at, cpu) => (hasTold[cpu] === true ? at : 0)));
        const notAfter = back < 0 ? Infinity : Math.max(...clocks) - back;
        const events = reorder.release(notAfter);
        for (const { at } of events) expect(at).toBeLessThanOrEqual(Math.min(told, notAfter));
        out.push(...events);
      };
      const hasTold = [false, false, false, false];
      for (const { cpu, after, what, back } of steps) {
        if (what === "release") {
          release(back);
          continue;
        }
        const at = (clocks[cpu] ?? 0) + after;
        clocks[cpu] = at;
        hasTold[cpu] = true;
        if (what === "heartbeat") reorder.complete(cpu, at);
        else {
          reorder.push(event(at, ++pushed), cpu);
        }
      }
      out.push(...reorder.release(Infinity, true));
      expect(times(out)).toEqual(times(out).toSorted((a, b) => a - b));
      expect(out.length).toBe(pushed);
      expect(new Set(out.map((one) => one.kind === "transition" && one.address)).size).toBe(pushed);
      expect(reorder.late).toBe(0);
      expect(reorder.size).toBe(0);
    }),
  );
});
