import { expect, test } from "vitest";
import { History, HISTORY_SECONDS } from "#src/model/rates/history.ts";

const SECOND = 1e9;

test("whole seconds since the start, without the current one", () => {
  const history = new History();
  history.begin(10 * SECOND);
  for (const at of [10.1, 10.9, 12.5, 14.1]) history.add(at * SECOND);
  expect(history.series(14.5 * SECOND)).toEqual([2, 0, 1, 0]);
  expect(history.series(16 * SECOND)).toEqual([2, 0, 1, 0, 1, 0]);
});

test("nothing before the start", () => {
  expect(new History().series(5 * SECOND)).toEqual([]);
});

test("only the last five minutes, even after a long silence", () => {
  const history = new History();
  history.add(SECOND);
  history.add(1000 * SECOND);
  history.add(400 * SECOND);
  const series = history.series(1001 * SECOND);
  expect(series).toHaveLength(HISTORY_SECONDS - 1);
  expect(series.at(-1)).toBe(1);
  expect(series.reduce((sum, count) => sum + count, 0)).toBe(1);
});
