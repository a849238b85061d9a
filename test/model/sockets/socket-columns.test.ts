import * as fc from "fast-check";
import { expect, test } from "vitest";
import { holdersOf, soleHolder } from "#src/model/sockets/holding.ts";
import { type SocketWorld, liveWorld } from "#src/model/reports/socket-world.ts";
import { buildGroups } from "#src/model/lists/build-groups.ts";
import { GROUPINGS, groupsOf } from "#src/model/lists/group.ts";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import { hasFile, Socket } from "#src/model/sockets/socket.ts";
import type { LeakedDescriptor } from "#src/model/sockets/leaked-descriptors.ts";
import { SocketColumns } from "#src/model/sockets/socket-columns.ts";
import { isStuck } from "#src/model/sockets/stuck.ts";
import type { Tables } from "#src/model/fold/tables.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { Tally } from "#src/model/reports/tally.ts";
import { TCP, TCP_STATE_MAX, type TcpState } from "#src/model/net/tcp-state.ts";
import { polled, traced } from "#test/support/events/any-events.ts";
import { fold, SECOND } from "#test/support/events/scenario.ts";

const STUCK_AFTER_MS = 1000;
const STUCK_AFTER = STUCK_AFTER_MS * 1e6;
const both = fc.oneof(traced, polled);

test("the columns agree with each socket after any events", () => {
  fc.assert(
    fc.property(both, (events) => {
      const { columns } = fold(...events).model.tables.sockets;
      const seen: [Socket, number][] = [];
      columns.forEach((socket, holder) => seen.push([socket, holder]));
      expect(seen.map(([socket]) => socket)).toEqual([...columns]);
      expect(seen.length).toBe(columns.size);
      expect(seen.map(([, holder]) => holder)).toEqual(seen.map(([socket]) => soleHolder(socket)));
      expect(seen.map(([{ slot }]) => columns.states[slot])).toEqual(seen.map(([{ state }]) => state));
      const live = seen.map(([{ destination }]) => destination?.id ?? 0);
      expect(seen.map(([{ slot }]) => columns.destinations[slot])).toEqual(live);
      const taken = new Set(seen.map(([{ slot }]) => slot));
      expect([...columns.destinations].filter((id, slot) => id !== 0 && !taken.has(slot))).toEqual([]);
      const ids = seen.map(([{ id }]) => id);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }),
    { numRuns: 1000 },
  );
});

test("a snapshot counts by columns the same as socket by socket", () => {
  fc.assert(
    fc.property(both, (events) => {
      const { tables } = fold(...events).model;
      const { states, stuck, processes, unowned } = buildSnapshot(tables, STUCK_AFTER_MS);
      const recounted = recount(tables);
      expect(states).toEqual(recounted.states);
      expect(stuck).toBe(recounted.stuck);
      expect(unowned).toEqual(recounted.unowned?.counts(tables.clock.now) ?? null);
      for (const row of processes) {
        const tally = recounted.byPid.get(row.pid) ?? new Tally();
        expect(row).toMatchObject(tally.counts(tables.clock.now));
      }
    }),
    { numRuns: 1000 },
  );
});

test("groups count the same as socket by socket", () => {
  fc.assert(
    fc.property(both, fc.constantFrom(...GROUPINGS), (events, by) => {
      const { tables } = fold(...events).model;
      const world = liveWorld(tables);
      const byName = new Map<string, Tally>();
      const add = (socket: Socket, isLong: boolean, leaked: LeakedDescriptor | null): void => {
        const holders = holdersOf(socket, tables.sockets);
        if (holders.length === 0 && !hasFile(socket)) return;
        for (const name of groupsOf(socket, holders, by, world)) {
          const tally = byName.get(name) ?? new Tally();
          byName.set(name, tally);
          tally.add(socket, isLong, leaked);
        }
      };
      for (const socket of tables.sockets) add(socket, isStuck(socket, world, STUCK_AFTER), null);
      for (const leaked of longLeaked(world)) add(leaked.socket, true, leaked);
      const rows = buildGroups(world, { by, filter: MATCH_ALL, stuckAfterMs: STUCK_AFTER_MS });
      for (const row of rows) expect(row).toMatchObject((byName.get(row.name) ?? new Tally()).counts(tables.clock.now));
      expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([...byName.keys()]));
    }),
    { numRuns: 1000 },
  );
});

function longLeaked({ leakedDescriptors, now }: SocketWorld): LeakedDescriptor[] {
  return [...leakedDescriptors].filter(({ isConfirmed, since }) => isConfirmed && now - since >= STUCK_AFTER);
}

/** The slow way: adds each socket to each of its holders. */
function recount(tables: Tables): {
  states: number[];
  stuck: number;
  byPid: Map<number, Tally>;
  unowned: Tally | null;
} {
  const world = liveWorld(tables);
  const { chosen, finWait2 } = world.miniSockets;
  const states = Array.from({ length: TCP_STATE_MAX + 1 }, () => 0);
  states[TCP.TIME_WAIT] = chosen - finWait2;
  states[TCP.FIN_WAIT2] = finWait2;
  const byPid = new Map<number, Tally>();
  const tallyOf = (pid: number): Tally => byPid.get(pid) ?? byPid.set(pid, new Tally()).get(pid) ?? new Tally();
  let unowned: Tally | null = null;
  let stuck = 0;
  for (const socket of tables.sockets) {
    states[socket.state] = (states[socket.state] ?? 0) + 1;
    const isLong = isStuck(socket, world, STUCK_AFTER);
    if (isLong) stuck++;
    const holders = holdersOf(socket, tables.sockets);
    for (const { pid } of holders) tallyOf(pid).add(socket, isLong, null);
    if (holders.length === 0 && hasFile(socket)) (unowned ??= new Tally()).add(socket, isLong, null);
  }
  for (const leaked of longLeaked(world)) {
    for (const { pid } of leaked.socket.holders) tallyOf(pid).add(leaked.socket, true, leaked);
    if (leaked.socket.holders.length > 0) stuck++;
  }
  return { states, stuck, byPid, unowned };
}

test("thousands of sockets come and go in order, and the columns do not keep growing", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3000), fc.nat(900)), { maxLength: 20 }), (rounds) => {
      const columns = new SocketColumns();
      let live: Socket[] = [];
      let id = 0;
      let most = 0;
      for (const [born, gone] of rounds) {
        for (let count = 0; count < born; count++) {
          const socket = new Socket(++id, stateOf(id), id * SECOND, true);
          columns.add(socket);
          live.push(socket);
        }
        most = Math.max(most, live.length);
        const leaving = new Set(live.filter((socket) => (socket.id * 7919) % 900 < gone));
        for (const socket of leaving) columns.remove(socket);
        live = live.filter((socket) => !leaving.has(socket));
        expect([...columns]).toEqual(live);
        expect(columns.size).toBe(live.length);
        expect(live.map(({ slot }) => columns.states[slot])).toEqual(live.map(({ state }) => state));
      }
      expect(columns.states.length).toBeLessThanOrEqual(Math.max(4096, most * 4));
    }),
    { numRuns: 50 },
  );
});

function stateOf(id: number): TcpState {
  return id % 2 === 0 ? TCP.ESTABLISHED : TCP.CLOSE_WAIT;
}
