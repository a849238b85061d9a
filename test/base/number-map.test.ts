import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NumberMap } from "#src/base/number-map.ts";

/** Few keys, so that they recur, and some that collide in any small table. */
const anyKey = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 40 }).map((index) => 0xffff_8000_0000 + index * 2048),
  fc.integer({ min: 0, max: 2 ** 48 - 1 }),
);
const anyStep = fc.record({ does: fc.constantFrom("set", "set", "delete"), key: anyKey });

test("holds what a Map holds, after any additions and deletions", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 400 }), (steps) => {
      const map = new NumberMap<string>();
      const expected = new Map<number, string>();
      for (const [index, { does, key }] of steps.entries()) {
        if (does === "set") {
          map.set(key, `value ${index}`);
          expected.set(key, `value ${index}`);
        } else {
          map.delete(key);
          expected.delete(key);
        }
      }
      for (const { key } of steps) expect(map.get(key)).toBe(expected.get(key));
    }),
  );
});

test("grows, and still finds every value", () => {
  const map = new NumberMap<number>();
  for (let index = 0; index < 50_000; index++) map.set(0x8800_0000_0000 + index * 64, index);
  for (let index = 0; index < 50_000; index += 2) map.delete(0x8800_0000_0000 + index * 64);
  expect(map.get(0x8800_0000_0000 + 49_998 * 64)).toBe(undefined);
  expect(map.get(0x8800_0000_0000 + 49_999 * 64)).toBe(49_999);
  map.clear();
  expect(map.get(0x8800_0000_0000 + 49_999 * 64)).toBe(undefined);
});

const FAMILIES: ReadonlyMap<string, (index: number) => number> = new Map([
  ["in sequence", (index: number) => index],
  ["like addresses in the kernel's slabs", (index: number) => 0x8800_0000_0000 + index * 2048],
  ["a power of two apart", (index: number) => index * 65_536],
  ["with the same low 32 bits", (index: number) => index * 2 ** 32 + 80],
  ["in the high bits only", (index: number) => index * 2 ** 40],
  ["of an address and a port", (index: number) => (0x7f00_0000 + (index >>> 6)) * 65_536 + (index & 63)],
]);

test.each([...FAMILIES])("finds keys %s in a few steps", (_, keyAt) => {
  const map = new NumberMap<number>();
  for (let index = 0; index < 8000; index++) map.set(keyAt(index), index);
  expect(map.longestProbe()).toBeLessThan(150);
});
