import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { NamespaceCounters } from "#src/model/net/counters.ts";
import type { CountersSeen } from "#src/model/events/event.ts";
import { RecentCounters } from "#src/model/rates/recent-counters.ts";
import { SECOND } from "#test/support/events/scenario.ts";

function seen(second: number, ListenDrops: number, netns = 1): CountersSeen {
  const one: NamespaceCounters = { netns, timeWait: 0, counters: { ListenDrops }, settings: null };
  return { kind: "counters", at: second * SECOND, namespaces: [one] };
}

function recent(...events: readonly CountersSeen[]): RecentCounters {
  const counters = new RecentCounters();
  for (const event of events) counters.add(event);
  return counters;
}

test("the rise of a namespace covers the last minute, within one step", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 2, maxLength: 200 }), (rises) => {
      let value = 1000;
      const values = rises.map((rise) => (value += rise));
      const counters = recent(...values.map((one, second) => seen(second, one)));
      const { count, seconds } = counters.rise(1, "ListenDrops") ?? { count: NaN, seconds: NaN };
      expect(seconds).toBe(Math.min(seconds, rises.length - 1));
      expect(seconds).toBeGreaterThanOrEqual(Math.min(rises.length - 1, 55));
      expect(seconds).toBeLessThanOrEqual(66);
      expect(count).toBe(value - (values[rises.length - 1 - seconds] ?? NaN));
    }),
  );
});

test("a namespace that has gone, or reuses a number, restarts", () => {
  expect(recent(seen(1, 5), seen(2, 9)).rise(1, "ListenDrops")).toEqual({ count: 4, seconds: 1 });
  expect(recent(seen(1, 5), seen(2, 9), seen(3, 1), seen(4, 2)).rise(1, "ListenDrops")).toEqual({
    count: 1,
    seconds: 1,
  });
  expect(recent(seen(1, 5), seen(2, 9, 7)).rise(1, "ListenDrops")).toBeNull();
  expect(recent(seen(1, 5), seen(2, 9)).rise(1, "ListenOverflows")).toBeNull();
});
