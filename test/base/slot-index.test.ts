import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SlotIndex } from "#src/base/slot-index.ts";

/** Few enough keys that many collide and come back. */
const anySteps = fc.array(fc.record({ first: fc.nat(40), second: fc.nat(40), adds: fc.boolean() }), {
  maxLength: 4000,
  size: "max",
});

test("finds what is in and nothing else, whatever was added and taken out", () => {
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

test("holds a hundred thousand", () => {
  const index = new SlotIndex(firstOf, secondOf);
  for (let slot = 0; slot < 100_000; slot++) index.add(slot);
  for (let slot = 0; slot < 100_000; slot += 2) index.remove(slot);
  let wrong = 0;
  for (let slot = 0; slot < 100_000; slot++) {
    if (index.find(firstOf(slot), secondOf(slot)) !== (slot % 2 === 1 ? slot : undefined)) wrong++;
  }
  expect(wrong).toBe(0);
});
