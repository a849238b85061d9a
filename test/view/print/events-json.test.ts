import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TCP } from "#src/model/net/tcp-state.ts";
import { gapJson, lostJson, summaryJson } from "#src/view/print/events-json.ts";

const WALL = Date.UTC(2026, 4, 1, 22, 14, 7, 125);

function parse(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The line's keys in order. */
function keysOf(line: string): string[] {
  return Object.keys(parse(line));
}

function timeOf(wallMs: number): string {
  return String(parse(lostJson(wallMs, 1, "bpf"))["time"]);
}

describe("the time", () => {
  // Eighths of a millisecond, which a double holds exactly.
  test.each([
    [WALL, "2026-05-01T22:14:07.125000Z"],
    [WALL + 0.125, "2026-05-01T22:14:07.125125Z"],
    [WALL + 874.875, "2026-05-01T22:14:07.999875Z"],
    [WALL + 875, "2026-05-01T22:14:08.000000Z"],
    [Date.UTC(2026, 11, 31, 23, 59, 59, 999) + 1, "2027-01-01T00:00:00.000000Z"],
    [0, "1970-01-01T00:00:00.000000Z"],
  ])("%d ms after the epoch is %s", (wallMs, text) => {
    expect(timeOf(wallMs)).toBe(text);
  });

  test("always has six digits, and is never more than a microsecond off", () => {
    fc.assert(
      fc.property(fc.double({ min: 1.6e12, max: 2.2e12, noNaN: true }), (wallMs) => {
        const text = timeOf(wallMs);
        const [, whole = "", micros = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(text) ?? [];
        const back = Date.parse(`${whole}Z`) + Number(micros) / 1000;
        expect(Math.abs(back - wallMs)).toBeLessThanOrEqual(0.0013);
      }),
    );
  });
});

describe("the other lines", () => {
  test("lost", () => {
    const line = lostJson(WALL, 12, "bpf");
    expect(keysOf(line)).toEqual(["type", "time", "count", "where"]);
    expect(JSON.parse(line)).toEqual({ type: "lost", time: "2026-05-01T22:14:07.125000Z", count: 12, where: "bpf" });
  });

  test("summary", () => {
    const shown = { transitions: 41_233, lost: 12, attributed: 41_230, seconds: 61.2, source: "bpf" } as const;
    const changes = [
      { from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 4000, lost: 11 },
      { from: null, to: null, count: 1, lost: 1 },
    ];
    const summary = { ...shown, total: 41_245, changes };
    const line = summaryJson(summary);
    expect(keysOf(line)).toEqual([
      "type",
      "transitions",
      "lost",
      "attributed",
      "seconds",
      "source",
      "total",
      "changes",
    ]);
    const [named, others] = changes;
    const states = { from: "ESTABLISHED", to: "CLOSE_WAIT" };
    expect(JSON.parse(line)).toEqual({ type: "summary", ...summary, changes: [{ ...named, ...states }, others] });
    expect(JSON.parse(summaryJson({ ...summary, source: null, total: null }))).toMatchObject({ source: null });
  });

  test("gap", () => {
    const line = gapJson(WALL, 5000.4);
    expect(JSON.parse(line)).toEqual({ type: "gap", time: "2026-05-01T22:14:07.125000Z", ms: 5000 });
  });
});
