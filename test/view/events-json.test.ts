import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Process } from "../../src/model/process-table.ts";
import { TCP } from "../../src/model/tcp-state.ts";
import { safeBytes } from "../../src/model/text.ts";
import { gapJson, lostJson, summaryJson, transitionJson } from "../../src/view/events-json.ts";
import { bareRow, HOSTILE, nginxRow } from "./transition-rows.ts";

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

const KEYS = [
  "type",
  "time",
  "socket",
  "netns",
  "local",
  "remote",
  "from",
  "to",
  "inStateMs",
  "pid",
  "comm",
  "owner",
  "cause",
];

describe("a transition's line", () => {
  test("is the one of cli.md", () => {
    const line = transitionJson(nginxRow(), WALL);
    expect(keysOf(line)).toEqual(KEYS);
    expect(JSON.parse(line)).toEqual({
      type: "transition",
      time: "2026-05-01T22:14:07.125000Z",
      socket: "s1f",
      netns: 4_026_531_840,
      local: "127.0.0.1:80",
      remote: "127.0.0.1:40000",
      from: "ESTABLISHED",
      to: "CLOSE_WAIT",
      inStateMs: 12.4,
      pid: 812,
      comm: "nginx",
      owner: "accept",
      cause: "fin",
    });
  });

  test("has the same keys, and null for all that is not known", () => {
    const line = transitionJson(bareRow(), WALL);
    expect(keysOf(line)).toEqual(KEYS);
    expect(JSON.parse(line)).toMatchObject({
      netns: null,
      local: null,
      remote: null,
      inStateMs: null,
      pid: null,
      comm: null,
      owner: "unknown",
      cause: null,
    });
  });

  test("says that what a poll has found happened before", () => {
    expect(JSON.parse(transitionJson(nginxRow({ cause: "poll" }), 0))).toMatchObject({
      cause: "poll",
      timeIsAtMost: true,
    });
    expect(transitionJson(nginxRow(), 0)).not.toContain("timeIsAtMost");
  });

  test("has IPv6 ends in brackets", () => {
    const v6 = { localAddress: `${"0".repeat(31)}1`, remoteAddress: "20010db8000000000000000000000002" };
    expect(JSON.parse(transitionJson(nginxRow({}, v6), WALL))).toMatchObject({
      local: "[::1]:80",
      remote: "[2001:db8::2]:40000",
    });
  });

  test.each(HOSTILE)("stays one line of JSON with a process name of %s", (_kind, bytes, shown) => {
    const comm = safeBytes(Buffer.from(bytes, "latin1"));
    const line = transitionJson(nginxRow({ process: new Process(812, comm, 0) }), WALL);
    expect(line).not.toMatch(/[\p{Cc}\n]/u);
    expect(keysOf(line)).toEqual(KEYS);
    expect(JSON.parse(line)).toMatchObject({ comm: shown });
  });

  test("stays one line of JSON with any process name", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 15 }), (bytes) => {
        const comm = safeBytes(bytes);
        const line = transitionJson(nginxRow({ process: new Process(812, comm, 0) }), WALL);
        expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(line)).toMatchObject({ comm, owner: "accept" });
      }),
    );
  });

  test("tells the port as soon as it is known", () => {
    const row = nginxRow({}, { localPort: 0 });
    expect(JSON.parse(transitionJson(row, WALL))).toMatchObject({ local: null, remote: "127.0.0.1:40000" });
    row.socket.localPort = 4711;
    expect(JSON.parse(transitionJson(row, WALL))).toMatchObject({ local: "127.0.0.1:4711" });
    expect(JSON.parse(transitionJson({ ...row, from: 8, to: 9 }, WALL))).toMatchObject({
      local: "127.0.0.1:4711",
      from: "CLOSE_WAIT",
    });
  });

  test("of another socket at the same ends has its own name", () => {
    const other = nginxRow();
    Object.assign(other.socket, { id: 0x20 });
    expect(JSON.parse(transitionJson(nginxRow(), WALL))).toMatchObject({ socket: "s1f" });
    expect(JSON.parse(transitionJson(other, WALL))).toMatchObject({ socket: "s20" });
  });

  test.each([
    [0, 0],
    [1000, 0.001],
    [999_499, 0.999],
    [999_500, 1],
    [1_000_000, 1],
    [86_400e9, 86_400_000],
    [60_000_004_000, 60_000.004],
  ])("has %i ns as %d ms", (nanos, ms) => {
    expect(JSON.parse(transitionJson(nginxRow({ inState: nanos }), WALL))).toMatchObject({ inStateMs: ms });
  });

  test("has any duration to the microsecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 }), (nanos) => {
        const { inStateMs } = parse(transitionJson(nginxRow({ inState: nanos }), WALL));
        expect(Math.abs(Number(inStateMs) - nanos / 1e6)).toBeLessThanOrEqual(0.000_500_001);
      }),
    );
  });
});

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
