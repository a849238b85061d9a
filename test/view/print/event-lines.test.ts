import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Process } from "#src/model/processes/process.ts";
import { safeBytes } from "#src/base/text.ts";
import type { TransitionRow } from "#src/model/sockets/transition-row.ts";
import { EventLines } from "#src/view/print/event-lines.ts";
import { bareRow, HOSTILE, nginxRow } from "#test/support/samples/transition-rows.ts";

const WALL = Date.UTC(2026, 4, 1, 22, 14, 7, 125);

/** The line of this transition, without its newline. */
function transitionJson(row: TransitionRow, wallMs: number): string {
  const lines = new EventLines();
  lines.transition(row, wallMs);
  const line = lines.take().toString("utf8");
  expect(line.endsWith("\n")).toBe(true);
  return line.slice(0, -1);
}

function parse(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The line's keys in order. */
function keysOf(line: string): string[] {
  return Object.keys(parse(line));
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

  test("has the same keys, and null for unknown values", () => {
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

  test("marks a transition found by a poll as earlier", () => {
    expect(JSON.parse(transitionJson(nginxRow({ cause: "poll" }), 0))).toMatchObject({
      cause: "poll",
      timeIsAtMost: true,
    });
    expect(transitionJson(nginxRow(), 0)).not.toContain("timeIsAtMost");
  });

  test("has IPv6 endpoints in brackets", () => {
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

  test("has the port as soon as it is known", () => {
    const row = nginxRow({}, { localPort: 0 });
    expect(JSON.parse(transitionJson(row, WALL))).toMatchObject({ local: null, remote: "127.0.0.1:40000" });
    row.socket.localPort = 4711;
    expect(JSON.parse(transitionJson(row, WALL))).toMatchObject({ local: "127.0.0.1:4711" });
    expect(JSON.parse(transitionJson({ ...row, from: 8, to: 9 }, WALL))).toMatchObject({
      local: "127.0.0.1:4711",
      from: "CLOSE_WAIT",
    });
  });

  test("of another socket with the same tuple has its own name", () => {
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

describe("one line after another", () => {
  const CAUSES = ["fin", "reset", "poll", null] as const;
  const anyRow = fc.record({
    // Ids that are 4096 apart share a place for what is kept of a socket.
    socket: fc.constantFrom(1, 2, 4097, 8193),
    isLater: fc.boolean(),
    port: fc.constantFrom(0, 80),
    pid: fc.constantFrom(null, 0, 9, 10, 4_194_303, 1e15),
    comm: fc.constantFrom("nginx", "gr\u00FC\u00DFe", '"', "x".repeat(60)),
    inState: fc.option(fc.integer({ min: 0, max: 4e9 }).map((micros) => micros * 1000)),
    cause: fc.constantFrom(...CAUSES),
    wallMs: fc.integer({ min: 0, max: 4e12 }).map((eighths) => eighths / 8),
  });

  test("lines are independent of those before, however many there are", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 40 }), fc.nat(4), (rows, takes) => {
        const lines = new EventLines();
        const sockets = new Map<number, TransitionRow["socket"]>();
        const expected: unknown[] = [];
        let text = "";
        for (const [index, { socket: id, isLater, port, pid, comm, inState, cause, wallMs }] of rows.entries()) {
          const place = id + Number(isLater);
          const socket = sockets.get(place + id * 2) ?? nginxRow({}, { localAddress: place, localPort: 0 }).socket;
          sockets.set(place + id * 2, Object.assign(socket, { id, localPort: socket.localPort || port }));
          const owner =
            pid === null ? ({ pid, evidence: "unknown" } as const) : ({ pid, evidence: "syscall" } as const);
          const process = pid === null ? null : new Process(pid, comm, 0);
          lines.transition({ ...nginxRow(), socket, owner, process, inState, cause }, wallMs);
          expected.push({
            socket: `s${id.toString(16)}`,
            local: socket.localPort === 0 ? null : `0.0.${place >> 8}.${place & 255}:80`,
            pid,
            comm: process === null ? null : comm,
            inStateMs: inState === null ? null : inState / 1e6,
            time: new Date(wallMs)
              .toISOString()
              .replace(/\d{3}Z$/, `${String(Math.floor((wallMs % 1000) * 1000)).padStart(6, "0")}Z`),
          });
          if (index % 5 === takes) text += lines.take().toString("utf8");
        }
        text += lines.take().toString("utf8");
        const told = text
          .trimEnd()
          .split("\n")
          .map((line): unknown => JSON.parse(line));
        expect(told).toMatchObject(expected);
        expect(told).toHaveLength(rows.length);
      }),
    );
  });

  test("a hundred thousand lines, taken at once and then again", () => {
    const lines = new EventLines();
    const row = nginxRow();
    for (let times = 0; times < 100_000; times++) lines.transition(row, WALL);
    const all = lines.take();
    expect(all.length % 100_000).toBe(0);
    expect(new Set(all.toString("utf8").trimEnd().split("\n")).size).toBe(1);
    lines.line("\u00FCber");
    expect(lines.take().toString("utf8")).toBe("\u00FCber\n");
    expect(lines.take()).toHaveLength(0);
  });
});
