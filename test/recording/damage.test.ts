import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "#src/base/errors.ts";
import type { TraceEvent } from "#src/model/events/event.ts";
import { Model } from "#src/model/fold/model.ts";
import { buildLeaks } from "#src/model/reports/build-leaks.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import {
  accept,
  child,
  holder,
  listenerRow,
  row,
  survey,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";
import { expectEqual } from "#test/support/expect-equal.ts";
import { read, type Read, write } from "#test/support/events/recordings.ts";

const MS = 1e6;

/** One second of a small machine, in blocks as a run writes them. */
function life(): TraceEvent[][] {
  const batches: TraceEvent[][] = [
    [{ kind: "anchor", at: 1, wallMs: 1.7e12 }, tracing(2), tick(3)],
    [survey(4, [listenerRow(), row(TCP.ESTABLISHED)], [holder(1, 50), holder(2, 70)]), tick(5)],
  ];
  for (let at = 10; at < 15; at++) {
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

/** Reads a recording and folds it into a model; may throw only a UserError. */
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
  test("that is cut after any byte is read up to there, and reported as cut", async () => {
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
      expectEqual(found.events, whole.slice(0, found.events.length));
      expect(found.events.length).toBeGreaterThanOrEqual(most);
      expect(found.faults.isCut).toBe(true);
      most = found.events.length;
    }
    expect(most).toBe(whole.length);
  });

  test("with any one bit flipped yields all other blocks, and reports the damage", async () => {
    const batches = life();
    const bytes = await write(batches, packing);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        const found = await readAnything(flipped);
        if (found === null) return;
        // Times first: they differ already where events do.
        const has = (event: TraceEvent): boolean =>
          found.events.some((one) => one.at === event.at && isDeepStrictEqual(one, event));
        const missing = batches.filter((batch) => !batch.every(has));
        // A damaged check can make two blocks one, and the base of the next.
        expect(missing.length).toBeLessThanOrEqual(2);
        const foreign = found.events.filter(({ at: time }) => time > 30e9);
        expect(foreign).toEqual([]);
        // gzip's own header has bits without a meaning.
        if (missing.length > 0) expect(found.faults.describe()).not.toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test("with any bytes in any place is read around them", async () => {
    const whole = life().flat();
    const bytes = await write(life(), packing);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.uint8Array({ minLength: 1, maxLength: 300 }), async (at, foreign) => {
        const found = await readAnything(Buffer.concat([bytes.subarray(0, at), foreign, bytes.subarray(at)]));
        if (found !== null) expect(found.events.length).toBeGreaterThanOrEqual(whole.length - 9);
      }),
      { numRuns: 500 },
    );
  });

  test("with its lines in any order never throws", async () => {
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
  test("cut at a sample of places is read up to there", async () => {
    const batches: TraceEvent[][] = [[{ kind: "anchor", at: 1, wallMs: 1.7e12 }, tracing(2)]];
    for (let at = 1; at <= 100; at++) {
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
        expectEqual(events, whole.slice(0, events.length));
        expect(events.length).toBeGreaterThan((whole.length * (part - 1)) / 40);
      }
    }
  });
});
