import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { msUntilExhausted, type PortUse } from "#src/model/time-wait/port-forecast.ts";

const QUIET: PortUse = { ports: 1000, inUse: 0, opened: 0, entered: 0, freed: 0, life: 60, freeing: [] };

/** Simulates the ports second by second: when the last one is taken, if within an hour. */
function play({ ports, inUse, opened, entered, freed, life, freeing }: PortUse): number | null {
  let used = inUse;
  for (let second = 0; second <= 3600; second++) {
    used += opened - freed - (second < life ? (freeing[second] ?? 0) : entered);
    if (used >= ports) return second + 1;
  }
  return null;
}

describe("the last port is taken", () => {
  test("when the remaining ports are opened", () => {
    expect(msUntilExhausted({ ...QUIET, inUse: 500, opened: 100, entered: 100 })).toBe(5000);
  });

  test("now, when none is left", () => {
    expect(msUntilExhausted({ ...QUIET, inUse: 1000 })).toBe(0);
    expect(msUntilExhausted({ ...QUIET, inUse: 1003, opened: 1 })).toBe(0);
  });

  test("never, if the ports kept for a minute are fewer than all ports", () => {
    expect(msUntilExhausted({ ...QUIET, opened: 16, entered: 16 })).toBeNull();
    expect(msUntilExhausted({ ...QUIET, opened: 17, entered: 17 })).toBe((1000 / 17) * 1000);
  });

  test("never, if nothing is opened or all ports are freed at once", () => {
    expect(msUntilExhausted({ ...QUIET, inUse: 999 })).toBeNull();
    expect(msUntilExhausted({ ...QUIET, inUse: 999, opened: 50, freed: 50 })).toBeNull();
  });

  test("later, if ports are freed meanwhile", () => {
    const freeing = Array.from({ length: 60 }, () => 10);
    expect(msUntilExhausted({ ...QUIET, inUse: 900, opened: 20, entered: 20, freeing })).toBe(10_000);
    expect(msUntilExhausted({ ...QUIET, inUse: 900, opened: 10, entered: 10, freeing })).toBeNull();
  });

  test("after minutes, if connections are opened and not closed", () => {
    expect(msUntilExhausted({ ...QUIET, opened: 4 })).toBe(250_000);
  });

  test("never, if the growth may be random", () => {
    expect(msUntilExhausted({ ...QUIET, inUse: 46, opened: 0.6, freed: 0.4 })).toBeNull();
    expect(msUntilExhausted({ ...QUIET, inUse: 900, opened: 50, freed: 48 })).toBeNull();
  });

  test("without a forecast beyond an hour", () => {
    expect(msUntilExhausted({ ...QUIET, ports: 28_232, opened: 4 })).toBeNull();
  });

  test("never, if the kernel reuses ports after a second", () => {
    expect(msUntilExhausted({ ...QUIET, inUse: 20, opened: 500, entered: 500, life: 1, freeing: [20] })).toBeNull();
  });
});

test("the forecast agrees with a simulation, to the second", () => {
  const anyUse = fc.record({
    ports: fc.integer({ min: 1, max: 5000 }),
    inUse: fc.nat(2000),
    opened: fc.nat(200),
    freed: fc.nat(20),
    kept: fc.nat(100),
    life: fc.constantFrom(1, 60),
    freeing: fc.array(fc.nat(40), { maxLength: 60 }),
  });
  fc.assert(
    fc.property(anyUse, ({ kept, ...fields }) => {
      const use = { ...fields, entered: Math.floor((fields.opened * kept) / 100) };
      fc.pre(use.inUse < use.ports && use.freeing.reduce((sum, count) => sum + count, 0) <= use.inUse);
      // Random growth gives no forecast.
      fc.pre((use.opened - use.freed) * 5 > 3 * Math.sqrt((use.opened + use.freed) * 5));
      const forecast = msUntilExhausted(use);
      const played = play(use);
      // Growth after the first minute may count as random.
      if (forecast === null) expect(played === null || played > use.life).toBe(true);
      else expect(Math.ceil(forecast / 1000)).toBe(played);
    }),
  );
});
