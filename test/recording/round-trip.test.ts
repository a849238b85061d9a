import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Survey } from "#src/model/events/survey.ts";
import type { TraceEvent } from "#src/model/events/event.ts";
import { holder, row, survey, tick, timeWaitRow, transition } from "#test/support/events/scenario.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { anyEvent } from "#test/support/events/any-event.ts";
import { expectEqual } from "#test/support/expect-equal.ts";
import { HEADER, read, write } from "#test/support/events/recordings.ts";

const anyBatches = fc.array(fc.array(anyEvent, { maxLength: 8 }), { maxLength: 5 });

describe("what was written is read back", () => {
  test.each(["none", "gzip"] as const)("any events, packed by %s, in pieces of any length", async (packing) => {
    await fc.assert(
      fc.asyncProperty(anyBatches, fc.integer({ min: 1, max: 3000 }), async (batches, piece) => {
        const { events, faults, header } = await read(await write(batches, packing), piece);
        expectEqual(events, batches.flat());
        expect(faults.describe()).toEqual([]);
        expect(header).toEqual(HEADER);
      }),
      { numRuns: 150 },
    );
  });

  test("from a file compressed by another program", async () => {
    const events = [transition(5, TCP.CLOSE, TCP.SYN_SENT), tick(9)];
    const packed = gzipSync(await write([events]));
    expect((await read(packed)).events).toEqual(events);
    const { events: some, faults } = await read(packed.subarray(0, packed.length - 12));
    expect(faults.isCut).toBe(true);
    expect(events.slice(0, some.length)).toEqual(some);
  });

  test("any gunzip can read it too", async () => {
    const batches = [[tick(1)], [tick(2), transition(3, TCP.CLOSE, TCP.SYN_SENT)]];
    const { gunzipSync } = await import("node:zlib");
    expect(gunzipSync(await write(batches, "gzip"))).toEqual(await write(batches));
  });
});

/** A survey of this many sockets, their holder and their mini-sockets, without every `gone`th of them. */
function many(at: number, sockets: number, gone = Infinity): Survey {
  const inodes = Array.from({ length: sockets }, (_, index) => 1000 + index).filter((inode) => inode % gone !== 0);
  const rows = inodes.map((inode) => row(TCP.ESTABLISHED, { inode, localPort: inode % 65_536 }));
  return { ...survey(at, rows, [holder(7, ...inodes)]), timeWaits: [timeWaitRow({ remainingMs: at % 60_000 })] };
}

describe("surveys", () => {
  test("that are mostly the same take little space, and none depends on too many earlier ones", async () => {
    const surveys = Array.from({ length: 40 }, (_, index) => many(index * 1e9, 5000, index % 2 === 0 ? 97 : Infinity));
    const one = (await write([surveys.slice(0, 1)])).length;
    const all = await write(surveys.map((event) => [event]));
    expect(all.length).toBeLessThan(one * 12);
    expectEqual((await read(all)).events, surveys);
  });

  test("are dropped if part of them is missing, and recover soon", async () => {
    const surveys = Array.from({ length: 40 }, (_, index) => many(index * 1e9, 50, 5 + index));
    const lines = (await write(surveys.map((event) => [event]))).toString("latin1").split("\n");
    const cut = lines.findIndex((line) => line.startsWith('{"rows":"held"'));
    const { events, faults } = await read(Buffer.from(lines.toSpliced(cut, 1).join("\n"), "latin1"));
    expect(faults.describe().join()).toContain("damaged");
    for (const event of events) expect(surveys).toContainEqual(event);
    expect(events.length).toBeGreaterThanOrEqual(24);
    expect(events.at(-1)).toEqual(surveys.at(-1));
  });
});

test("no line is too long for a reader, however large the machine", async () => {
  const words: TraceEvent = many(1, 20_000);
  const bytes = await write([[words]]);
  const longest = Math.max(
    ...bytes
      .toString("latin1")
      .split("\n")
      .map((line) => line.length),
  );
  expect(longest).toBeLessThan(100_000);
});
