import { expect, test } from "vitest";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import { parseFilter } from "#src/model/filter/parse-filter.ts";
import { Model } from "#src/model/fold/model.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { TransitionLog } from "#src/model/fold/transition-log.ts";
import { MS, SECOND, taskOf, tick, transition } from "#test/support/events/scenario.ts";

function logged(size: number): { readonly model: Model; readonly log: TransitionLog } {
  const model = new Model();
  const log = new TransitionLog(model.tables, size);
  model.onTransition = (row) => log.push(row);
  return { model, log };
}

function connect(model: Model, index: number, pid: number): void {
  const address = 1000 + index;
  model.fold(transition(index * MS, TCP.CLOSE, TCP.SYN_SENT, { address, localPort: 1000 + index, task: taskOf(pid) }));
}

test("keeps the last rows in order, and counts all", () => {
  const { model, log } = logged(5);
  for (let index = 1; index <= 12; index++) connect(model, index, 7);
  model.fold(tick(SECOND));
  log.settle();
  expect(log.rows().map(({ at }) => at / MS)).toEqual([8, 9, 10, 11, 12]);
  expect(log.total).toBe(12);
});

test("a filter applies to the rows already kept and to later ones", () => {
  const { model, log } = logged(5);
  for (let index = 1; index <= 4; index++) connect(model, index, 7 + (index % 2));
  model.fold(tick(SECOND));
  log.settle();
  const parsed = parseFilter("pid:8");
  log.filter = parsed.ok ? parsed.filter : MATCH_ALL;
  expect(log.rows().map(({ at }) => at / MS)).toEqual([1, 3]);
  for (let index = 2000; index < 2100; index++) connect(model, index, index === 2050 ? 8 : 7);
  model.fold(tick(5 * SECOND));
  log.settle();
  expect(log.rows().map(({ at }) => at / MS)).toEqual([1, 3, 2050]);
  log.filter = MATCH_ALL;
  connect(model, 6000, 7);
  model.fold(tick(7 * SECOND));
  log.settle();
  expect(log.rows().map(({ at }) => at / MS)).toEqual([1, 3, 2050, 6000]);
});

test("does not grow past its size without a reader", () => {
  const { model, log } = logged(100);
  for (let index = 1; index <= 20_000; index++) {
    connect(model, index, 7);
    if (index % 100 === 0) model.fold(tick(index * MS));
  }
  expect(log.rows()).toHaveLength(100);
});
