import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ChangeCount } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { LossCount } from "#src/source/intake/loss-count.ts";
import { ACCEPTED, PAIRS, placeOf } from "#src/wire/sent-counts.ts";
import { sentOf } from "#test/support/wire/wire-lines.ts";

const CONNECT = 0x72;
const END = 0x18;

/** The losses that these counts of pairs show. */
function emitted(loss: LossCount, cpu: number, counts: Readonly<Record<number, number>>): ChangeCount[] {
  return loss.emitted(cpu, Float64Array.from(sentOf(counts)));
}

test("nothing is lost while everything sent arrives", () => {
  const loss = new LossCount();
  for (let sent = 1; sent <= 100; sent++) {
    loss.received(0, END);
    expect(emitted(loss, 0, { [END]: sent })).toEqual([]);
  }
});

test("each loss is reported once, with its states", () => {
  const loss = new LossCount();
  loss.received(1, END);
  expect(emitted(loss, 1, { [END]: 3, [CONNECT]: 1 })).toEqual([
    { from: TCP.CLOSE, to: TCP.SYN_SENT, count: 1 },
    { from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 2 },
  ]);
  expect(emitted(loss, 1, { [END]: 3, [CONNECT]: 1 })).toEqual([]);
  loss.received(1, END);
  expect(emitted(loss, 1, { [END]: 4, [CONNECT]: 1 })).toEqual([]);
  expect(emitted(loss, 1, { [END]: 5, [CONNECT]: 1 })).toEqual([
    { from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 1 },
  ]);
});

test("one CPU's surplus does not hide another CPU's loss, nor one pair's that of another", () => {
  const loss = new LossCount();
  for (let times = 0; times < 10; times++) loss.received(0, END);
  expect(emitted(loss, 0, { [END]: 10 })).toEqual([]);
  expect(emitted(loss, 1, { [END]: 4 })).toMatchObject([{ count: 4 }]);
  expect(emitted(loss, 0, { [END]: 9, [CONNECT]: 1 })).toMatchObject([{ to: TCP.SYN_SENT, count: 1 }]);
});

test("pairs without a count of their own are counted together", () => {
  const loss = new LossCount();
  loss.received(3, 0x23);
  expect(emitted(loss, 3, { 0: 12 })).toEqual([{ from: null, to: null, count: 11 }]);
});

test("bpftrace's final counts arrive pair by pair", () => {
  const loss = new LossCount();
  loss.received(0, END);
  loss.received(0, 0x23);
  expect(loss.ended(0, END, 3)).toMatchObject([{ to: TCP.CLOSE_WAIT, count: 2 }]);
  expect(loss.ended(0, CONNECT, 0)).toEqual([]);
  expect(loss.ended(0, 0x23, 1)).toEqual([]);
  expect(loss.ended(0, 0x38, 2)).toEqual([{ from: null, to: null, count: 2 }]);
});

interface Step {
  readonly cpu: number;
  readonly pair: number;
  readonly what: "event" | "lost event" | "heartbeat" | "lost heartbeat";
}

class Counts {
  readonly #counts = new Map<string, number>();

  add(cpu: number, place: number, more: number): void {
    this.#counts.set(`${cpu} ${place}`, this.at(cpu, place) + more);
  }

  at(cpu: number, place: number): number {
    return this.#counts.get(`${cpu} ${place}`) ?? 0;
  }

  of(cpu: number): number[] {
    return PAIRS.map((_, place) => this.at(cpu, place));
  }
}

test("each pair's loss is exact for any pattern of drops on any CPU, even of heartbeats", () => {
  const step: fc.Arbitrary<Step> = fc.record({
    cpu: fc.nat(7),
    pair: fc.constantFrom(END, CONNECT, 0xa3, 0x31, 0x23, 0x38),
    what: fc.constantFrom("event", "lost event", "heartbeat", "lost heartbeat"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const loss = new LossCount();
      const [sent, dropped, told] = [new Counts(), new Counts(), new Counts()];
      for (const { cpu, pair, what } of steps) {
        if (what === "lost heartbeat") continue;
        if (what === "heartbeat") {
          for (const { from, to, count } of loss.emitted(cpu, Float64Array.from(sent.of(cpu)))) {
            told.add(cpu, placeOf(((from ?? 0) << 4) | (to ?? 0)), count);
          }
          expect(told.of(cpu)).toEqual(dropped.of(cpu));
          continue;
        }
        sent.add(cpu, placeOf(pair), 1);
        if (what === "event") loss.received(cpu, pair);
        else dropped.add(cpu, placeOf(pair), 1);
      }
    }),
  );
});

test("how many events of a CPU have arrived or are known to be lost", () => {
  const loss = new LossCount();
  loss.received(1, END);
  loss.received(1, CONNECT);
  expect([loss.known(1), loss.known(0)]).toEqual([2, 0]);
  emitted(loss, 1, { [END]: 4, [CONNECT]: 1 });
  expect(loss.known(1)).toBe(5);
});

test("an accept that arrives after the heartbeat that counts it is not missed for good", () => {
  const count = new LossCount();
  emitted(count, 0, { [ACCEPTED]: 1 });
  count.received(0, ACCEPTED);
  emitted(count, 0, { [ACCEPTED]: 1 });
  expect(count.known(0)).toBe(1);
});
