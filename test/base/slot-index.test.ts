import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SlotIndex } from "#src/base/slot-index.ts";

/** Few keys, so that many collide and recur. */
const anySteps = fc.array(fc.record({ first: fc.nat(40), second: fc.nat(40), adds: fc.boolean() }), {
  maxLength: 4000,
  size: "max",
});

test("finds exactly the rows that it holds, after any additions and removals", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const keys: [first: number, second: number][] = [];
      const index = new SlotIndex(
        (slot) => keys[slot]?.[0] ?? -1,
        (slot) => keys[slot]?.[1] ?? -1,
      );
      const known = new Map<string, number>();
      for (const { first, second, adds } of steps) {
        const name = `${first} ${second}`;
        const slot = known.get(name);
        expect(index.find(first, second)).toBe(slot);
        if (adds && slot === undefined) {
          keys.push([first, second]);
          index.add(keys.length - 1);
          known.set(name, keys.length - 1);
        } else if (!adds && slot !== undefined) {
          index.remove(slot);
          known.delete(name);
        }
      }
      for (const [name, slot] of known) {
        const [first = "", second = ""] = name.split(" ");
        expect(index.find(Number(first), Number(second))).toBe(slot);
      }
    }),
    { numRuns: 50 },
  );
});

const firstOf = (slot: number): number => slot >>> 10;
const secondOf = (slot: number): number => slot & 1023;

test("holds a hundred thousand rows", () => {
  const index = new SlotIndex(firstOf, secondOf);
  for (let slot = 0; slot < 100_000; slot++) index.add(slot);
  for (let slot = 0; slot < 100_000; slot += 2) index.remove(slot);
  let wrong = 0;
  for (let slot = 0; slot < 100_000; slot++) {
    if (index.find(firstOf(slot), secondOf(slot)) !== (slot % 2 === 1 ? slot : undefined)) wrong++;
  }
  expect(wrong).toBe(0);
});

/** A hash with fixed factors, which anyone can read in the source: pairs chosen with it would all collide. */
function isChosen(first: number, second: number): boolean {
  let mixed = Math.imul(first, 0x9e37_79b1) ^ Math.imul(second, 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0xc2b2_ae35);
  return ((mixed ^ (mixed >>> 13)) & 0x7fff) < 64;
}

function chosenPairs(): [number, number][] {
  const pairs: [number, number][] = [];
  for (let first = 1; pairs.length < 8000; first++) {
    for (let second = 1024; second < 65_536; second++) if (isChosen(first, second)) pairs.push([first, second]);
  }
  return pairs;
}

const grid = (rows: number, stride: number): [number, number][] =>
  Array.from({ length: 8000 }, (_, index) => [(index % rows) * stride, Math.floor(index / rows) * stride]);

/** Random places give at most about 40 steps in a half-full table, and 150 in less than one run in a billion. */
test.each([
  ["chosen for fixed factors", chosenPairs()],
  ["of a few destinations and many ports", grid(8, 1)],
  ["of equally many destinations and ports", grid(90, 1)],
  ["a power of two apart", grid(90, 256)],
  ["in the upper bits of both", grid(90, 2 ** 24)],
])("finds pairs %s in a few steps", (_, pairs) => {
  const index = new SlotIndex(
    (slot) => pairs[slot]?.[0] ?? 0,
    (slot) => pairs[slot]?.[1] ?? 0,
  );
  for (const slot of pairs.keys()) index.add(slot);
  expect(index.longestProbe()).toBeLessThan(150);
});
