import { PassThrough } from "node:stream";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { library } from "#src/terminal/blessed-private.ts";
import { newPlot } from "#src/terminal/plot.ts";

const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
const output = Object.assign(new PassThrough(), { columns: 80, rows: 24, isTTY: true });
const screen = library.screen({ input, output, terminal: "xterm", warnings: false });
const plot = newPlot(screen);

afterAll(() => screen.destroy());

/** The height of each column of dots, from 0. */
function heights(rows: readonly string[]): number[] {
  const bits = [
    [0x40, 0x04, 0x02, 0x01],
    [0x80, 0x20, 0x10, 0x08],
  ];
  return Array.from({ length: (rows[0]?.length ?? 0) * 2 }, (_, x) => {
    let height = 0;
    for (const row of rows.toReversed()) {
      const code = (row.codePointAt(Math.floor(x / 2)) ?? 0) - 0x2800;
      for (const bit of bits[x % 2] ?? []) if (code > 0 && (code & bit) !== 0) height++;
    }
    return height;
  });
}

describe("blessed-contrib's line, filled", () => {
  test("is as high as the values, the last one at the right edge", () => {
    const values = [...Array<number>(20).fill(0), ...Array<number>(20).fill(50), ...Array<number>(20).fill(100)];
    const drawn = heights(plot({ values, most: 100, columns: 40, rows: 4 }));
    expect(drawn.slice(0, 20)).toEqual(Array<number>(20).fill(0));
    expect(new Set(drawn.slice(22, 38))).toEqual(new Set([1]));
    for (const height of drawn.slice(42, 58)) expect(Math.abs(height - 8)).toBeLessThanOrEqual(1);
    expect(new Set(drawn.slice(62, 80))).toEqual(new Set([16]));
  });

  test("has the requested size and contains only dots and blanks, whatever the values are", () => {
    const number = fc.oneof(fc.nat(5), fc.nat(1_000_000), fc.double({ min: 0, max: 1e12, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(number, { maxLength: 300 }),
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 8 }),
        (all, columns, rows) => {
          const values = all.slice(-2 * columns);
          const drawn = plot({ values, most: Math.max(1, ...values), columns, rows });
          expect(drawn).toHaveLength(rows);
          for (const row of drawn) {
            expect(row).toHaveLength(columns);
            expect(row).toMatch(/^[ \u2801-\u28ff]*$/);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
