import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MATCH_ALL, type Filter } from "#src/model/filter/filter.ts";
import { parseFilter } from "#src/model/filter/parse-filter.ts";
import type { Model } from "#src/model/fold/model.ts";
import { frozenWorld, liveWorld } from "#src/model/reports/socket-world.ts";
import { buildGroups } from "#src/model/lists/build-groups.ts";
import { GROUPINGS } from "#src/model/lists/group.ts";
import { retakeSnapshot, buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { SOCKET_SORTS, type SocketChoice, SocketList, type SocketRow } from "#src/model/lists/build-sockets.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { polled, traced } from "#test/support/events/any-events.ts";
import {
  childRow,
  fold,
  holder,
  listenerRow,
  row,
  SECOND,
  survey,
  tick,
  tracing,
} from "#test/support/events/scenario.ts";

const ALL: SocketChoice = {
  of: { kind: "closeWait" },
  filter: MATCH_ALL,
  stuckAfterMs: 60_000,
  onlyStuck: false,
  sort: null,
  reverse: false,
};

function filterOf(text: string): Filter {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.filter;
}

function rowsOf({ tables }: Model, choice: Partial<SocketChoice> = {}): SocketRow[] {
  const list = new SocketList(liveWorld(tables), { ...ALL, ...choice });
  return list.rows(0, list.length);
}

/** Process 7 has two sockets in CLOSE_WAIT, one shared with 8, and one open; one waits in the accept queue of 9. */
const stuck = row(TCP.CLOSE_WAIT, { inode: 71, localPort: 41_000, receiveQueue: 5 });
const shared = row(TCP.CLOSE_WAIT, { inode: 72, localPort: 42_000 });
const live = row(TCP.ESTABLISHED, { inode: 73, localPort: 43_000, remotePort: 443 });
const queued = childRow(TCP.CLOSE_WAIT, { remotePort: 50_000 });
const holders = [holder(7, 71, 72, 73), holder(8, 72), holder(9, 50)];
const { model } = fold(
  { kind: "anchor", at: 0, wallMs: 1.7e12 },
  tracing(1),
  survey(1 * SECOND, [stuck, live, listenerRow()], holders),
  survey(50 * SECOND, [stuck, live, listenerRow(), shared, queued], holders),
  tick(80 * SECOND),
);

test("all in CLOSE_WAIT, oldest first, with holders and descriptors", () => {
  expect(
    rowsOf(model).map(({ local, pid, comm, fd, others, isStuck, isAccepted, ageIsAtLeast, receiveQueue }) => [
      [local, pid, comm, fd, others],
      [isStuck, isAccepted, ageIsAtLeast, receiveQueue],
    ]),
  ).toEqual([
    [
      ["127.0.0.1:41000", 7, "p7", 3, 0],
      [true, true, true, 5],
    ],
    [
      ["127.0.0.1:42000", 7, "p7", 4, 1],
      [false, true, true, 0],
    ],
    [
      ["127.0.0.1:80", 9, "p9", null, 0],
      [false, false, true, 0],
    ],
  ]);
  expect(rowsOf(model, { onlyStuck: true }).map(({ local }) => local)).toEqual(["127.0.0.1:41000"]);
});

test("those of a process, each with its own descriptor; a filter selects among them", () => {
  const ports = (choice: Partial<SocketChoice>): string[] =>
    rowsOf(model, choice).map(({ local }) => local.split(":")[1] ?? "");
  expect(ports({ of: { kind: "process", pid: 7 } })).toEqual(["41000", "42000", "43000"]);
  expect(rowsOf(model, { of: { kind: "process", pid: 8 } }).map(({ fd, pid }) => [fd, pid])).toEqual([[3, 8]]);
  expect(ports({ of: { kind: "process", pid: 7 }, filter: filterOf("dport:443") })).toEqual(["43000"]);
  expect(ports({ filter: filterOf("proc:p8") })).toEqual(["42000"]);
  expect(ports({ of: { kind: "group", by: "listener", name: "0.0.0.0:80" } })).toEqual(["80", "80"]);
  expect(ports({ of: { kind: "group", by: "destination", name: "127.0.0.1:443" } })).toEqual(["43000"]);
  expect(ports({ of: { kind: "group", by: "command", name: "p8" } })).toEqual(["42000"]);
  expect(ports({ of: { kind: "process", pid: 12 } })).toEqual([]);
});

test.each(SOCKET_SORTS)("sorted by %s, and reversed", (sort) => {
  const of = { kind: "process", pid: 7 } as const;
  const ids = (reverse: boolean): number[] => rowsOf(model, { of, sort, reverse }).map(({ id }) => id);
  expect(ids(true)).toEqual(ids(false).toReversed());
  expect(new Set(ids(false)).size).toBe(3);
});

const first = (sort: SocketChoice["sort"]): unknown => rowsOf(model, { of: { kind: "process", pid: 7 }, sort })[0];

test("the largest age, descriptor and queue come first, and the lowest port", () => {
  expect(first("fd")).toMatchObject({ fd: 5 });
  expect(first("queue")).toMatchObject({ receiveQueue: 5 });
  expect(first("local")).toMatchObject({ local: "127.0.0.1:41000" });
  expect(first("remote")).toMatchObject({ remote: "127.0.0.1:80" });
});

const grouped = (by: (typeof GROUPINGS)[number], filter = MATCH_ALL): unknown[] =>
  buildGroups(liveWorld(model.tables), { by, filter, stuckAfterMs: 60_000 }).map(
    ({ name, processes, closeWait, stuck: stuckNow, listen }) => [name, processes, closeWait, stuckNow, listen],
  );

test("a group counts each socket once, even if several of its processes hold it", () => {
  expect(grouped("unit")).toEqual([["(no unit)", 3, 3, 1, 1]]);
  expect(grouped("command")).toEqual([
    ["p7", 1, 2, 1, 0],
    ["p8", 1, 1, 0, 0],
    ["p9", 1, 1, 0, 1],
  ]);
  expect(grouped("destination")).toEqual([
    ["127.0.0.1:80", 2, 2, 1, 0],
    ["127.0.0.1:443", 1, 0, 0, 0],
  ]);
  expect(grouped("listener")).toEqual([["0.0.0.0:80", 1, 1, 0, 1]]);
  expect(grouped("command", filterOf("dport:443"))).toEqual([["p7", 1, 0, 0, 0]]);
});

test("with any events, lists find their own rows, and a frozen world stays the same under any filter", () => {
  const anyFilter = fc.constantFrom("", "proc:p7", "!pid:8", "dport:80", "state:close_wait", "age:>1s").map(filterOf);
  fc.assert(
    fc.property(fc.oneof(traced, polled), anyFilter, fc.constantFrom(...GROUPINGS), (events, filter, by) => {
      const { tables } = fold(...events).model;
      const whole = buildSnapshot(tables, 1000);
      const world = frozenWorld(tables);
      const then = buildSnapshot(tables, 1000, filter);
      const groups = buildGroups(liveWorld(tables), { by, filter, stuckAfterMs: 1000 });
      const again = retakeSnapshot(whole, world, filter);
      if (!filter.isEmpty) expect(again).toEqual(then);
      expect(buildGroups(world, { by, filter, stuckAfterMs: 1000 })).toEqual(groups);
      const list = new SocketList(world, { ...ALL, filter });
      for (let index = 0; index < list.length; index++) expect(list.indexOf(list.idAt(index) ?? -1)).toBe(index);
      expect(list.rows(0, list.length)).toHaveLength(list.length);
      const { unowned } = then;
      const nobodys = new SocketList(world, { ...ALL, of: { kind: "unowned" }, filter }).length;
      expect(nobodys).toBe(
        unowned === null ? 0 : unowned.established + unowned.closeWait + unowned.listen + unowned.other,
      );
      if (filter.isEmpty) expect(list.length).toBeGreaterThanOrEqual(whole.states[TCP.CLOSE_WAIT] ?? 0);
    }),
    { numRuns: 300 },
  );
});
