import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SeededMap, scatter } from "#src/base/seeded-map.ts";

const anyKey = fc.oneof(fc.integer({ min: -1, max: 40 }), fc.maxSafeNat(), fc.constantFrom(null, "", "1"));
const anyStep = fc.record({ does: fc.constantFrom("set", "set", "delete"), key: anyKey });

test("holds what a Map holds, in the same order, after any additions and deletions", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
      const map = new SeededMap<number | string | null, number>();
      const expected = new Map<number | string | null, number>();
      for (const [index, { does, key }] of steps.entries()) {
        if (does === "set") {
          map.set(key, index);
          expected.set(key, index);
        } else {
          map.delete(key);
          expected.delete(key);
        }
        expect(map.get(key)).toBe(expected.get(key));
      }
      expect(map.size).toBe(expected.size);
      expect([...map.values()]).toEqual([...expected.values()]);
    }),
  );
});

test("returns the numbers that were added", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.maxSafeNat()), (keys) => {
      const map = new SeededMap<number, number>();
      for (const key of keys) map.set(key, key);
      expect([...map]).toEqual(keys.map((key) => [key, key]));
    }),
  );
});

/** The hash of V8: of a small integer, or of the bits of a double. */
function v8Hash(key: number): number {
  if (key !== (key | 0)) return v8LongHash(key);
  let hash = (~key + (key << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  return (hash ^ (hash >>> 16)) & 0x3fff_ffff;
}

function v8LongHash(key: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, key);
  let hash = bits.getBigUint64(0);
  hash = BigInt.asUintN(64, ~hash + (hash << 18n));
  hash ^= hash >> 31n;
  hash = BigInt.asUintN(64, hash * 21n);
  hash ^= hash >> 11n;
  hash = BigInt.asUintN(64, hash + (hash << 6n));
  hash ^= hash >> 22n;
  return Number(hash & 0x3fff_ffffn);
}

const BUCKETS = 256;

/** The longest chain of a Map with BUCKETS buckets. */
function longestChain(keys: readonly number[]): number {
  const chains = Array.from({ length: BUCKETS }, () => 0);
  for (const key of keys) chains[v8Hash(key) % BUCKETS] = (chains[v8Hash(key) % BUCKETS] ?? 0) + 1;
  return Math.max(...chains);
}

const FAMILIES: ReadonlyMap<string, (index: number) => number> = new Map([
  ["pids", (index: number) => index],
  ["addresses of 127/8 with a port", (index: number) => (0x7f00_0000 + index) * 65_536 + 80],
  ["inodes above 32 bits", (index: number) => 2 ** 40 + index],
]);

test.each([...FAMILIES])("%s that V8 would put into one chain are spread", (_, numberAt) => {
  const chosen: number[] = [];
  for (let index = 0; chosen.length < 2 * BUCKETS; index++) {
    const key = numberAt(index);
    if (v8Hash(key) % BUCKETS === 7) chosen.push(key);
  }
  expect(longestChain(chosen)).toBe(2 * BUCKETS);
  expect(longestChain(chosen.map((key) => scatter(key)))).toBeLessThan(40);
});
