import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TraceEvent, Transition } from "#src/model/events/event.ts";
import { holdersOf } from "#src/model/sockets/holding.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { TCP, TCP_STATE_MAX } from "#src/model/net/tcp-state.ts";
import { polled, traced } from "#test/support/events/any-events.ts";
import { fold } from "#test/support/events/scenario.ts";

/** Whether the event is a state change, as opposed to a close() of a socket that was already closing. */
function isChange(event: TraceEvent): event is Transition {
  return event.kind === "transition" && event.from !== event.to;
}

test("each transition is counted and reported once, and inferred ones are counted separately", () => {
  fc.assert(
    fc.property(traced, (events) => {
      const { model, reported } = fold(...events);
      const { transitions, inferred, attributed } = model.tables.counts;
      const changes = events.filter(isChange);
      expect(transitions - inferred).toBe(changes.length);
      expect(reported.length).toBe(transitions);
      expect(reported.filter(({ cause }) => cause === "poll").length).toBe(inferred);
      expect(attributed).toBeLessThanOrEqual(transitions);
      expect(reported.filter(({ pid }) => pid !== null).length).toBeLessThanOrEqual(attributed);
    }),
    { numRuns: 500 },
  );
});

test("totals by states add up to everything traced and lost", () => {
  fc.assert(
    fc.property(fc.oneof(traced, polled), (events) => {
      const { transitions, polled: foundByPolls, inferred, lost, changes } = fold(...events).model.tables.counts;
      const total = transitions - foundByPolls + lost;
      const sum = changes.totals(total, lost).reduce((all, { count }) => all + count, 0);
      // A transition inferred before it is known to be missing may offset one of another kind.
      expect(sum).toBeGreaterThanOrEqual(total);
      if (inferred === 0) expect(sum).toBe(total);
    }),
    { numRuns: 500 },
  );
});

test("each polled difference is reported once, as a poll", () => {
  fc.assert(
    fc.property(polled, (events) => {
      const { model, reported } = fold(...events);
      expect(reported.length).toBe(model.tables.counts.transitions);
      expect(new Set(reported.map(({ cause }) => cause)).size).toBeLessThanOrEqual(1);
      const { sockets } = events.findLast((event) => event.kind === "survey") ?? { sockets: [] };
      const last = new Set(sockets.map(({ state }) => state));
      for (const socket of model.tables.sockets) expect(last).toContain(socket.state);
    }),
  );
});

test.each([
  ["traced", traced],
  ["polled", polled],
])("the tables agree with each other whatever was %s", (_source, anyEvents) => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const { model, sockets } = fold(...events);
      const { processes, unowned, states } = buildSnapshot(model.tables, 60_000);
      const { table: timeWaits, destinations } = model.tables.timeWaits;
      const minis: Partial<Record<number, number>> = {
        [TCP.TIME_WAIT]: timeWaits.chosen - timeWaits.finWait2,
        [TCP.FIN_WAIT2]: timeWaits.finWait2,
      };
      for (let state = 1; state <= TCP_STATE_MAX; state++)
        expect(states[state]).toBe(sockets.filter((socket) => socket.state === state).length + (minis[state] ?? 0));
      const slots: number[] = [];
      timeWaits.forEach((slot) => slots.push(slot));
      expect(slots.length).toBe(timeWaits.size);
      expect(slots.filter((slot) => timeWaits.isFinWait2(slot)).length).toBe(timeWaits.finWait2);
      for (const destination of destinations) {
        expect(destination.live).toBe(sockets.filter((socket) => socket.destination === destination).length);
        expect(destination.timeWaits).toBe(slots.filter((slot) => timeWaits.destination(slot) === destination).length);
      }
      const owned = processes.reduce((sum, one) => sum + one.established + one.closeWait + one.listen + one.other, 0);
      const free = unowned === null ? 0 : unowned.established + unowned.closeWait + unowned.listen + unowned.other;
      const held = sockets.map((socket) => holdersOf(socket, model.tables.sockets).length);
      const orphans = sockets.filter(({ state }, at) => held[at] === 0 && [3, 4, 5, 7, 9, 11].includes(state));
      // A socket counts once for each of its holders.
      expect(owned).toBe(held.reduce((sum, count) => sum + count, 0));
      expect(free + orphans.length).toBe(held.filter((count) => count === 0).length);
      for (const localPort of [80, 40_000, 40_001])
        for (const localAddress of [0x7f00_0001, "0".repeat(32)])
          for (const listener of model.tables.sockets.listeners.accepting({
            netns: null,
            localAddress,
            localPort,
            remoteAddress: 0,
            remotePort: 0,
          }))
            expect([listener.state, listener.localPort, sockets.includes(listener)]).toEqual([
              TCP.LISTEN,
              localPort,
              true,
            ]);
      expect(new Set(sockets.map(({ id }) => id)).size).toBe(sockets.length);
    }),
    { numRuns: 500 },
  );
});

test("the same events give the same snapshot and the same rows", () => {
  fc.assert(
    fc.property(traced, (events) => {
      const [one, two] = [fold(...events), fold(...structuredClone(events))];
      expect(buildSnapshot(two.model.tables, 60_000)).toEqual(buildSnapshot(one.model.tables, 60_000));
      expect(two.reported).toEqual(one.reported);
    }),
  );
});
