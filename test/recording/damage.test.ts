import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "#src/base/errors.ts";
import type { TraceEvent } from "#src/model/events/event.ts";
import { Model } from "#src/model/fold/model.ts";
import { buildLeaks } from "#src/model/reports/build-leaks.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import { accept, child, holder, listenerRow, row, survey, tick, tracing, transition } from "#test/support/events/scenario.ts";
import { HEADER, read, type Read, write } from "#test/support/events/recordings.ts";

const MS = 1e6;

/** A second of a small machine's life, in blocks as a run writes them. */
function life(): TraceEvent[][] {
  const batches: TraceEvent[][] = [
    [{ kind: "anchor", at: 1, wallMs: 1.7e12 }, tracing(2), tick(3)],
    [survey(4, [listenerRow(), row(TCP.ESTABLISHED)], [holder(1, 50), holder(2, 70)]), tick(5)],
  ];
  for (let at = 10; at < 20; at++) {
    const now = at * 50 * MS;
    const address = 0xc000 + at;
    batches.push([
      transition(now, TCP.CLOSE, TCP.SYN_SENT, { address }),
      child(now + 1, TCP.LISTEN, TCP.SYN_RECV, { address: address + 100 }),
      accept(now + 2, 1, { address: address + 100, inode: at }),
      tick(now + 3),
    ]);
  }
  return batches;
}

/** Reads, and lets a model fold what was read; only a UserError may come of it. */
async function readAnything(bytes: Buffer): Promise<Read | null> {
  try {
    const found = await read(bytes);
    const model = new Model();
    for (const event of found.events) model.fold(event);
    buildSnapshot(model.tables, 60_000);
    buildLeaks(model.tables, { stuckAfterMs: 60_000, filter: MATCH_ALL });
    found.faults.describe();
    return found;
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(error instanceof Error ? error.message : "").toMatch(/^[\x20-\x7e]+$/);
    return null;
  }
}

describe.each(["none", "gzip"] as const)("a recording packed by %s", (packing) => {
  test("that is cut after any byte reads up to there, and says so", async () => {
    const whole = life().flat();
    const bytes = await write(life(), packing);
    let most = 0;
    for (let end = 0; end < bytes.length; end++) {
      const found = await readAnything(bytes.subarray(0, end));
      if (found === null) {
        // Not even the header is there.
        expect(most).toBe(0);
        continue;
      }
      expect(found.events).toEqual(whole.slice(0, found.events.length));
      expect(found.events.length).toBeGreaterThanOrEqual(most);
      expect(found.faults.isCut).toBe(true);
      most = found.events.length;
    }
    expect(most).toBe(whole.length);
  });

  test("with any one bit flipped gives all other blocks, and says so", async () => {
    const batches = life();
    const bytes = await write(batches, packing);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        const found = await readAnything(flipped);
        if (found === null) return;
        const missing = batches.filter(
          (batch) => !batch.every((event) => found.events.some((one) => isDeepStrictEqual(one, event))),
        );
        // A damaged check can make two blocks one, and the base of the next.
        expect(missing.length).toBeLessThanOrEqual(2);
        const foreign = found.events.filter(({ at: time }) => time > 30e9);
        expect(foreign).toEqual([]);
        // gzip's own header has bits that mean nothing.
        if (missing.length > 0) expect(found.faults.describe()).not.toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test("with any bytes in any place is read around them", async () => {
    const bytes = await write(life(), packing);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.uint8Array({ minLength: 1, maxLength: 300 }), async (at, foreign) => {
        const found = await readAnything(Buffer.concat([bytes.subarray(0, at), foreign, bytes.subarray(at)]));
        if (found !== null) expect(found.events.length).toBeGreaterThanOrEqual(life().flat().length - 9);
      }),
      { numRuns: 500 },
    );
  });

  test("made of any lines of its own in any order never throws", async () => {
    const bytes = await write(life(), packing);
    const lines = bytes.toString("latin1").split("\n");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...lines), { maxLength: 60 }), async (some) => {
        await readAnything(Buffer.from(some.join("\n"), "latin1"));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a large recording", () => {
  test("cut at a sample of places reads up to there", async () => {
    const batches: TraceEvent[][] = [[{ kind: "anchor", at: 1, wallMs: 1.7e12 }, tracing(2)]];
    for (let at = 1; at <= 400; at++) {
      const events = Array.from({ length: 50 }, (_, index) =>
        transition(at * 50 * MS + index, TCP.CLOSE, TCP.SYN_SENT),
      );
      batches.push([...events, tick(at * 50 * MS + 100)]);
    }
    const whole = batches.flat();
    for (const packing of ["none", "gzip"] as const) {
      const bytes = await write(batches, packing);
      for (let part = 1; part < 40; part++) {
        const { events } = await read(bytes.subarray(0, Math.floor((bytes.length * part) / 40)));
        expect(events).toEqual(whole.slice(0, events.length));
        expect(events.length).toBeGreaterThan((whole.length * (part - 1)) / 40);
      }
    }
  });
});

/** A plain recording with these lines after its header. */
/** A tick as a file has it. */
function tickLine(at: number): object {
  return { kind: "tick", at, complete: at };
}

function withLines(...lines: readonly (object | string)[]): Buffer {
  const all = [HEADER, ...lines].map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  return Buffer.from(`${all.join("\n")}\n`);
}

describe("what somebody made up", () => {
  test.each([
    ["nothing at all", Buffer.alloc(0)],
    ["a text", Buffer.from("To whom it may concern,\nthis is no recording.\n")],
    ["zeros", Buffer.alloc(10_000_000)],
    ["one long line", Buffer.from("x".repeat(20_000_000))],
    ["a gzip of zeros, a thousand times as long", gzipSync(Buffer.alloc(200_000_000))],
    ["the begin of a gzip", Buffer.from([0x1f, 0x8b])],
    ["an array", Buffer.from(`[${"[".repeat(100_000)}\n`)],
  ])("is no recording: %s", async (_what, bytes) => {
    await expect(read(bytes)).rejects.toThrow(/^it is not a recording$/);
  });

  test("a newer major is refused in one line, a newer minor read, its new lines passed over", async () => {
    const newer = Buffer.from(`${JSON.stringify({ ...HEADER, version: "2.0" })}\n`);
    await expect(read(newer)).rejects.toThrow("it is a recording of version 2.0, and this tcptrace reads 1");
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
