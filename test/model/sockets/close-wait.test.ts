import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import { buildGroups } from "#src/model/lists/build-groups.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { buildLeaks } from "#src/model/reports/build-leaks.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { liveWorld } from "#src/model/reports/socket-world.ts";
import { forEachCloseWait } from "#src/model/sockets/close-wait.ts";
import { ASK, NO_HOLDER, soleHolder } from "#src/model/sockets/holding.ts";
import type { LeakedDescriptor } from "#src/model/sockets/leaked-descriptors.ts";
import type { Socket } from "#src/model/sockets/socket.ts";
import { isStuck } from "#src/model/sockets/stuck.ts";
import { diagnose } from "#src/diagnosis/diagnose.ts";
import { polled, traced } from "#test/support/events/any-events.ts";
import { SECOND, fold, holder, survey, taskOf, tick, tracing, transition } from "#test/support/events/scenario.ts";

type Visited = [Socket, number, boolean, LeakedDescriptor | null];

const STUCK_AFTER = SECOND;

test("each socket in CLOSE_WAIT and each confirmed leaked descriptor is visited", () => {
  fc.assert(
    fc.property(fc.oneof(traced, polled), (events) => {
      const { tables } = fold(...events).model;
      const world = liveWorld(tables);
      const expected: Visited[] = [];
      for (const socket of tables.sockets)
        if (socket.state === TCP.CLOSE_WAIT)
          expected.push([socket, soleHolder(socket), isStuck(socket, world, STUCK_AFTER), null]);
      for (const leaked of tables.leakedDescriptors)
        if (leaked.isConfirmed)
          expected.push([leaked.socket, soleHolder(leaked.socket), world.now - leaked.since >= STUCK_AFTER, leaked]);

      const visited = (heldBy?: number): Visited[] => {
        const seen: Visited[] = [];
        forEachCloseWait(world, STUCK_AFTER, (...one) => seen.push(one), heldBy);
        return seen;
      };
      expect(visited()).toEqual(expected);
      for (const heldBy of [NO_HOLDER, ...new Set(expected.map(([, pid]) => pid))])
        expect(visited(heldBy)).toEqual(expected.filter(([, pid]) => pid === heldBy || pid === ASK));
    }),
    { numRuns: 500 },
  );
});

test("all views agree on the age of a leaked descriptor, and on whether it is exact", () => {
  const task = taskOf(9);
  const { tables } = fold(
    tracing(0),
    transition(1, TCP.CLOSE, TCP.SYN_SENT, { inode: 70, task }),
    transition(2, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
    transition(10 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 }),
    // Its reset is not traced: a survey shows that it is gone.
    survey(20 * SECOND, [], [holder(9, 70)]),
    tick(40 * SECOND),
    survey(50 * SECOND, [], [holder(9, 70)]),
    tick(60 * SECOND),
  ).model;
  const row = { stuck: 1, leakedDescriptors: 1, oldestCloseWaitMs: 50_000, oldestIsAtLeast: false };
  const options = { stuckAfterMs: 1000, filter: MATCH_ALL };
  expect(buildSnapshot(tables, 1000).processes).toMatchObject([row]);
  expect(buildLeaks(tables, options).processes).toMatchObject([row]);
  expect(buildGroups(liveWorld(tables), { by: "command", ...options })).toMatchObject([row]);
  const [finding] = diagnose(tables, options);
  expect(finding).toMatchObject({ id: "close-wait-leak", evidence: { oldestMs: 50_000, oldestIsAtLeast: false } });
});
