import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { tick } from "#test/support/events/scenario.ts";
import { HEADER, read } from "#test/support/events/recordings.ts";

/** A tick as a file has it. */
function tickLine(at: number): object {
  return { kind: "tick", at, complete: at };
}

/** A plain recording with these lines after its header. */
function withLines(...lines: readonly (object | string)[]): Buffer {
  const all = [HEADER, ...lines].map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  return Buffer.from(`${all.join("\n")}\n`);
}

describe("what somebody made up", () => {
  test.each([
    ["nothing at all", Buffer.alloc(0)],
    ["a text", Buffer.from("To whom it may concern,\nthis is not a recording.\n")],
    ["zeros", Buffer.alloc(10_000_000)],
    ["one long line", Buffer.from("x".repeat(20_000_000))],
    ["a gzip of zeros, a thousand times as long", gzipSync(Buffer.alloc(200_000_000), { level: 1 })],
    ["the begin of a gzip", Buffer.from([0x1f, 0x8b])],
    ["an array", Buffer.from(`[${"[".repeat(100_000)}\n`)],
  ])("is not a recording: %s", async (_what, bytes) => {
    await expect(read(bytes)).rejects.toThrow(/^it is not a recording$/);
  });

  test("a newer major is refused in one line, a newer minor read, its new lines passed over", async () => {
    const newer = Buffer.from(`${JSON.stringify({ ...HEADER, version: "2.0" })}\n`);
    await expect(read(newer)).rejects.toThrow("it is a recording of version 2.0; this tcptrace reads version 1");
    await expect(read(Buffer.from(`{"format":"tcptrace recording","version":"7.3"}\n`))).rejects.toThrow("7.3");
    const minor = withLines({ ...tickLine(5) }, { kind: "weather", at: 6, is: "fine" }, "z 123456 789abc def0", {
      ...tickLine(7),
    });
    expect((await read(minor)).events).toEqual([tick(5), tick(7)]);
  });

  test.each<readonly [string, ...object[]]>([
    ["a time that is none", { kind: "tick", at: -1, complete: 0 }],
    ["a date that is none", { kind: "anchor", at: 1, wallMs: 1e300 }],
    ["a survey of more sockets than can be", begin({ sockets: 1e9 })],
    ["a survey whose rows never come", begin({ sockets: 10 })],
    ["rows that nobody announced", { rows: "sockets", columns: [[1]] }],
    ["rows of no table", begin({}), { rows: "constructor", columns: [[1]] }],
    ["rows of another kind", begin({}), { rows: "imaged", columns: [[1]] }],
    ["columns of unlike length", begin({ namespaces: 3 }), { rows: "namespaces", columns: [[1, 2, 3], [1]] }],
    ["more rows than announced", begin({ namespaces: 1 }), { rows: "namespaces", columns: [[1, 2, 3]] }],
    ["a row that is kept of nothing", begin({ namespaces: 1 }), { keep: "namespaces", from: 0, count: 1 }],
    ["more rows than any table has", begin({ namespaces: 2_000_001 })],
    ["a base that was never there", { ...begin({}), base: 6, id: 7 }],
    ["a state that the kernel hasn't", begin({ sockets: 1 }), { rows: "sockets", columns: [[1], [99], [1]] }],
    ["a name as long as a book", { kind: "source", at: 1, source: "bpf", ready: true, detail: "x".repeat(1e6) }],
  ])("%s is no event", async (_what, ...lines) => {
    const { events, faults } = await read(withLines(...lines, tickLine(9)));
    expect(events.filter(({ kind }) => kind !== "survey")).toEqual([tick(9)]);
    expect(events.length).toBeLessThanOrEqual(2);
    expect(faults.describe().length).toBeGreaterThan(0);
  });

  test("text draws nothing on a terminal", async () => {
    const detail = "\u001b[2J\u001b]0;x\u0007\u202e";
    const source = { kind: "source", at: 1, source: "bpf", ready: true, detail };
    const { events } = await read(withLines(source));
    expect(events).toEqual([{ ...source, detail: "\\x1b[2J\\x1b]0;x\\x07\\u{202e}" }]);
    const { header } = await read(
      Buffer.from(`${JSON.stringify({ ...HEADER, users: { "7": detail }, host: detail })}\n`),
    );
    expect(JSON.stringify(header)).not.toMatch(/\\u001b|\u202e/);
  });
});

function begin(rows: object): object {
  const none = { sockets: 0, timeWaits: 0, remaining: 0, processes: 0, held: 0, namespaces: 0, unreadable: 0 };
  return { kind: "survey", at: 1, until: 2, complete: true, id: 0, base: null, rows: { ...none, ...rows } };
}

test("wire lines whose times add up past any date are no events", async () => {
  const hop = "t ffffffffffff0000 c0001000 0 0 0 0";
  const { events, faults } = await read(withLines("A 7fffffffffffff00", hop, hop, hop, tickLine(9)));
  expect(events).toEqual([tick(9)]);
  expect(faults.unknownLines + faults.damagedLines).toBe(3);
});

test.each([128, 129, 3_900_000])("a wire line's name has 128 bytes at most: %i", async (length) => {
  const line = `C 5 c0000000 1 2 ${"n".repeat(length)}|`;
  const { events, faults } = await read(withLines(line, tickLine(9)));
  const comms = events.flatMap((event) => (event.kind === "accept" ? [event.task?.comm.length] : []));
  expect(comms).toEqual(length > 128 ? [] : [length]);
  expect(faults.unknownLines + faults.damagedLines).toBe(length > 128 ? 1 : 0);
});

describe("rows that are kept", () => {
  const own = { rows: "namespaces", columns: [[1, 2, 3, 4]] };

  test("cannot be kept twice, so that a survey is no larger than what was told", async () => {
    const first = begin({ namespaces: 4 });
    const next = { ...begin({ namespaces: 8 }), id: 1, base: 0 };
    const keep = { keep: "namespaces", from: 0, count: 4 };
    const { events, faults } = await read(withLines(first, own, next, keep, keep, tickLine(9)));
    expect(events.map(({ kind }) => kind)).toEqual(["survey", "tick"]);
    expect(faults.damagedEvents).toBe(1);
  });

  test("are kept for sixteen surveys and no more", async () => {
    const lines: object[] = [begin({ namespaces: 4 }), own];
    for (let id = 1; id <= 20; id++) {
      lines.push({ ...begin({ namespaces: 4 }), id, base: id - 1 }, { keep: "namespaces", from: 0, count: 4 });
    }
    const { events } = await read(withLines(...lines));
    expect(events.length).toBe(16);
  });
});
