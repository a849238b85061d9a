import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";

/** `toEqual` for properties that compare thousands of events per run: a tenth of the time if they are equal. */
export function expectEqual(found: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
}
