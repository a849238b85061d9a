import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PartialOrder } from "#src/base/partial-order.ts";

const items = fc.uniqueArray(fc.integer(), { maxLength: 2000, size: "max" });
const spans = fc.array(fc.tuple(fc.nat(320), fc.nat(60)), { minLength: 1, maxLength: 5 });

test("any slice, read in any order, is that slice of the sorted items", () => {
  fc.assert(
    fc.property(items, spans, (all, asked) => {
      const order = new PartialOrder(all, (a, b) => a - b);
      const sorted = all.toSorted((a, b) => a - b);
      expect(order.length).toBe(all.length);
      for (const [from, count] of asked) {
        expect(order.slice(from, from + count)).toEqual(sorted.slice(from, from + count));
        expect(order.at(from)).toBe(sorted[from]);
      }
      expect(order.at(-1)).toBeUndefined();
    }),
  );
});

test("finds the place of each item without sorting the others", () => {
  fc.assert(
    fc.property(items, (all) => {
      const order = new PartialOrder(all, (a, b) => a - b);
      const sorted = all.toSorted((a, b) => a - b);
      for (const item of all.slice(0, 20)) expect(order.indexOf((one) => one === item)).toBe(sorted.indexOf(item));
      expect(order.indexOf(() => false)).toBe(-1);
    }),
  );
});
