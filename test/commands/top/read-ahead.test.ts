import { setImmediate as breathe } from "node:timers/promises";
import { expect, test } from "vitest";
import { ReadAhead } from "#src/commands/top/read-ahead.ts";
import type { TraceEvent } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { row, survey, tick } from "#test/support/events/scenario.ts";

const never = async (): Promise<void> => new Promise(() => {});

/** The number of batches, out of a hundred like this one, that are read ahead. */
async function readAhead(batch: readonly TraceEvent[], most: number): Promise<number> {
  let read = 0;
  async function* batches(): AsyncGenerator<readonly TraceEvent[], void, void> {
    for (; read < 100; read++) yield batch;
  }
  const ahead = new ReadAhead(batches(), most);
  for (let turn = 0; turn < 10; turn++) await breathe();
  const before = read;
  // A batch that is taken makes room for one more.
  expect(await ahead.next(never())).toEqual(batch);
  for (let turn = 0; turn < 10; turn++) await breathe();
  expect(read).toBe(before + 1);
  ahead.close();
  return before + 1;
}

test("reading ahead stops at the limit, and a survey weighs as much as its rows", async () => {
  expect(await readAhead([tick(1)], 20)).toBe(20);
  const rows = Array.from({ length: 9 }, (_, index) => row(TCP.ESTABLISHED, { inode: 1000 + index }));
  expect(await readAhead([survey(1, rows, [])], 20)).toBe(2);
});
