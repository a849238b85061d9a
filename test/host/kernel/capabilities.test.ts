import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEffectiveCapabilities, privilegesOf } from "#src/host/kernel/capabilities.ts";

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
});
