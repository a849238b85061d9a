import { describe, expect, test } from "vitest";
import { TimeSlice } from "#src/host/machine/time-slice.ts";

describe("TimeSlice", () => {
  test("others get their turn, and a new slice begins", async () => {
    const slice = new TimeSlice();
    while (!slice.isOver());
    let turns = 0;
    setImmediate(() => (turns += 1));
    await slice.rest();
    expect(turns).toBe(1);
  });

  test("an abort ends the work", async () => {
    await expect(new TimeSlice(AbortSignal.abort()).rest()).rejects.toThrow(/abort/i);
  });
});
