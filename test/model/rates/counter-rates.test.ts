import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CounterRates, type HostRates } from "#src/model/rates/counter-rates.ts";
import type { NamespaceCounters } from "#src/model/net/counters.ts";
import type { CountersSeen } from "#src/model/events/event.ts";
import { SECOND } from "#test/support/events/scenario.ts";

type Counters = NamespaceCounters["counters"];

const ZERO = { ActiveOpens: 0, PassiveOpens: 0, AttemptFails: 0, EstabResets: 0, CurrEstab: 0, TW: 0, TWKilled: 0 };

function namespace(counters: Counters, { netns = 1, timeWait = 0 } = {}): NamespaceCounters {
  return { netns, timeWait, counters: { ...ZERO, ...counters }, settings: null };
}

function seen(seconds: number, ...namespaces: readonly NamespaceCounters[]): CountersSeen {
  return { kind: "counters", at: seconds * SECOND, namespaces };
}

function ratesOf(...events: readonly CountersSeen[]): HostRates | null {
  const rates = new CounterRates();
  for (const event of events) rates.add(event);
  return rates.rates();
}

test("one reading gives no rate", () => {
  expect(ratesOf()).toBeNull();
  expect(ratesOf(seen(1, namespace({ ActiveOpens: 5 })))).toBeNull();
});

test("opened, failed, reset and dropped per second; null if this kernel does not count it", () => {
  const before = namespace({ ActiveOpens: 1000, PassiveOpens: 500, ListenOverflows: 7, TCPAbortOnData: 1 });
  const after = namespace({
    ActiveOpens: 1020,
    PassiveOpens: 516,
    AttemptFails: 4,
    EstabResets: 6,
    CurrEstab: 12,
    ListenOverflows: 9,
    TCPAbortOnData: 4,
    TCPAbortOnClose: 1,
  });
  expect(ratesOf(seen(1, before), seen(3, after))).toEqual({
    connects: 10,
    accepts: 8,
    failed: 2,
    resets: 3,
    // 36 opened, 4 of them failed, 12 still open.
    closed: 10,
    aborts: 1.5,
    timeWaits: 0,
    listenOverflows: 1,
  });
  expect(ratesOf(seen(1, namespace({})), seen(2, namespace({})))).toMatchObject({
    aborts: null,
    listenOverflows: null,
  });
});

test("rates cover the last five seconds", () => {
  const opens = [0, 1000, 1000, 1000, 1000, 1000, 1000, 1010];
  const events = opens.map((ActiveOpens, second) => seen(second, namespace({ ActiveOpens })));
  expect(ratesOf(...events)?.connects).toBe(2);
});

test("rarer readings are used as they are", () => {
  const events = [0, 100, 300].map((ActiveOpens, index) => seen(index * 60, namespace({ ActiveOpens })));
  expect(ratesOf(...events)?.connects).toBeCloseTo(200 / 60);
});

describe("namespaces", () => {
  test("count together", () => {
    const [before, after] = [1, 2].map((opens) =>
      [1, 2, 3].map((netns) => namespace({ ActiveOpens: opens * netns }, { netns })),
    );
    expect(ratesOf(seen(1, ...(before ?? [])), seen(2, ...(after ?? [])))?.connects).toBe(6);
  });

  test("that appear, disappear or reuse a number do not affect rates with their totals", () => {
    const old = namespace({ ActiveOpens: 10 });
    const found = namespace({ ActiveOpens: 1_000_000, CurrEstab: 500 }, { netns: 2, timeWait: 900 });
    const other = namespace({ ActiveOpens: 3, CurrEstab: 1 }, { netns: 2 });
    const expected = { connects: 0, closed: 0, timeWaits: 0 };
    expect(ratesOf(seen(1, old), seen(2, old, found))).toMatchObject(expected);
    expect(ratesOf(seen(1, old, found), seen(2, old))).toMatchObject(expected);
    expect(ratesOf(seen(1, old, found), seen(2, old, other))).toMatchObject(expected);
  });
});

describe("mini-sockets", () => {
  const before = namespace({ TW: 50, TWKilled: 5 }, { timeWait: 100 });
  const after = namespace({ TW: 80, TWKilled: 6, TWRecycled: 0 }, { timeWait: 110 });

  test("since Linux 5.18 are counted as they begin", () => {
    expect(ratesOf(seen(1, before), seen(2, after))?.timeWaits).toBe(31);
  });

  test("before are counted as they end, plus the increase of current ones", () => {
    const last: CountersSeen = { ...seen(2, after), timeWaitsCounted: "ended" };
    expect(ratesOf(seen(1, before), last)?.timeWaits).toBe(41);
  });
});

test("any readings give rates that are neither negative nor NaN", () => {
  const counters = fc.record({
    ActiveOpens: fc.nat(),
    PassiveOpens: fc.nat(),
    AttemptFails: fc.nat(),
    CurrEstab: fc.nat(),
    TW: fc.nat(),
    ListenOverflows: fc.nat(),
  });
  const reading = fc.array(fc.tuple(fc.nat(3), counters, fc.nat()), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), reading)), (steps) => {
      const rates = new CounterRates();
      let at = 0;
      for (const [seconds, namespaces] of steps) {
        at += seconds;
        const all = namespaces.map(([netns, values, timeWait]) => namespace(values, { netns, timeWait }));
        rates.add({ ...seen(at, ...all), timeWaitsCounted: at % 2 === 0 ? "begun" : "ended" });
        for (const rate of Object.values(rates.rates() ?? {}))
          if (rate !== null) expect(rate).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
