import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";

/** `toEqual` for a property that compares thousands of events in each run: equal ones cost a tenth. */
export function expectEqual(found: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
}
