import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { width } from "#src/view/format/format.ts";
import { lineText } from "#src/view/format/frame.ts";
import { headerCharts } from "#src/view/screen/header-charts.ts";

const ROOM = { columns: 100, rows: 40 };
const ramp = (most: number): number[] => Array.from({ length: 60 }, (_, index) => (index * most) / 59);

describe("charts in the header", () => {
  test("show their title, the last value and the peak", () => {
    const lines = headerCharts({ transitions: ramp(3000), closeWait: ramp(52), timeWaits: [7, 0] }, ROOM, false);
    expect(lineText(lines[0] ?? []).split(/ {2,}/)).toEqual([
      "transitions/s 3,000 (peak 3,000)",
      "CLOSE_WAIT 52 (peak 52)",
      "TIME_WAIT/s 0 (peak 7)",
      "",
    ]);
    expect(lines).toHaveLength(4);
    expect(lineText(lines.at(-1) ?? []).trimEnd()).toContain("█");
  });

  test.each([
    ["where the screen is narrow", { columns: 71, rows: 40 }],
    ["where it is low", { columns: 100, rows: 29 }],
  ])("are left out %s", (_, size) => {
    expect(headerCharts({ transitions: ramp(1), closeWait: ramp(1), timeWaits: ramp(1) }, size, false)).toEqual([]);
  });

  test("are left out until something has been counted", () => {
    expect(headerCharts({ transitions: [1], closeWait: [], timeWaits: [1] }, ROOM, false)).toEqual([]);
  });

  test("say that the filter does not apply to CLOSE_WAIT", () => {
    const lines = headerCharts({ transitions: ramp(1), closeWait: ramp(1), timeWaits: ramp(1) }, ROOM, true);
    expect(lineText(lines[0] ?? [])).toContain("CLOSE_WAIT (all) 1");
  });

  test("fit for any numbers, with text and chart of the same width", () => {
    const series = fc.array(fc.oneof(fc.nat(10), fc.maxSafeNat()), { maxLength: 300 });
    const size = fc.record({ columns: fc.integer({ min: 72, max: 300 }), rows: fc.integer({ min: 30, max: 100 }) });
    fc.assert(
      fc.property(series, series, series, size, (transitions, closeWait, timeWaits, room) => {
        for (const line of headerCharts({ transitions, closeWait, timeWaits }, room, true)) {
          expect(width(lineText(line))).toBeLessThanOrEqual(room.columns);
          for (const { text, chart } of line) {
            if (chart === undefined) continue;
            expect(width(text)).toBe(chart.chart.columns);
            expect(chart.row).toBeLessThan(chart.chart.rows);
            expect(chart.chart.values.length).toBeLessThanOrEqual(2 * chart.chart.columns);
          }
        }
      }),
    );
  });
});
