import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChangeCount } from "#src/model/events/event.ts";
import { TCP, type TcpState } from "#src/model/net/tcp-state.ts";
import { PAIRS } from "#src/wire/sent-counts.ts";
import { expectEqual } from "#test/support/expect-equal.ts";
import { type Happened, OutboxCpu, OutboxWorld, type OutboxOptions, type Run } from "#test/support/wire/outbox-cpu.ts";
import { OutboxReader } from "#test/support/wire/outbox-reader.ts";
import {
  anySchedule,
  BUSY,
  type Cpu,
  CPUS,
  type Op,
  type Pick,
  simulate,
  TASKS,
  untimed,
} from "#test/support/wire/outbox-schedule.ts";

/** The reader, after all lines have arrived except those that `isLost`. */
function read(
  streams: readonly Buffer[][],
  arrivals: readonly Pick[],
  isLost = (_line: Buffer): boolean => false,
): OutboxReader {
  const reader = new OutboxReader(CPUS, (pid) => TASKS.find((task) => task.pid === pid) ?? null);
  const left = streams.map((lines) => [...lines]);
  for (const { cpu, count } of [...arrivals, ...CPUS.map((each) => ({ cpu: each, count: Infinity }))]) {
    for (const line of left[cpu]?.splice(0, count) ?? []) if (!isLost(line)) reader.read(line);
    reader.release();
  }
  reader.release(true);
  return reader;
}

function inOrder(events: readonly Happened[]): Happened[] {
  return events.toSorted((one, other) => one.at - other.at);
}

describe("whatever two CPUs hold back, print and answer, and in whatever order their lines arrive", () => {
  test("each event is released once, in order of time, and none is lost", () => {
    fc.assert(
      fc.property(anySchedule, (schedule) => {
        const { streams, happened } = simulate(schedule, {});
        const reader = read(streams, schedule.arrivals);
        expectEqual(reader.out, inOrder(happened));
        expect(reader.lost).toEqual([]);
        expect(reader.leftovers).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});

/** How many changes of each pair of states there are; pairs that the kernel counts together count as one. */
function countedByPair(events: readonly Happened[], lost: readonly ChangeCount[] = []): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (from: TcpState | null, to: TcpState | null, count: number): void => {
    const isApart = from !== null && to !== null && PAIRS.includes((from << 4) | to);
    const pair = isApart ? `${from} ${to}` : "another";
    counts.set(pair, (counts.get(pair) ?? 0) + count);
  };
  for (const event of events) if (event.kind === "transition") add(event.from, event.to, 1);
  for (const { from, to, count } of lost) add(from, to, count);
  return counts;
}

describe("when lines are lost on the way", () => {
  test("events released and events lost add up to all events, and none is released twice or wrong", () => {
    const anyLosses = fc.infiniteStream(fc.nat(5));
    fc.assert(
      fc.property(anySchedule, anyLosses, fc.boolean(), (schedule, losses, acceptsAlone) => {
        const { streams, happened } = simulate(schedule, { acceptsAlone });
        const last = new Set(streams.map((lines) => lines.at(-1)));
        const reader = read(streams, schedule.arrivals, (line) => !last.has(line) && losses.next().value === 0);
        const truth = new Map(happened.map((event) => [event.at, event]));
        for (const event of reader.out) expectEqual(event, truth.get(event.at));
        expect(new Set(reader.out.map(({ at }) => at)).size).toBe(reader.out.length);
        expect(countedByPair(reader.out, reader.lost)).toEqual(countedByPair(happened));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["names", 0x4e, "they are asked of the host"],
    ["answers", 0x51, "the next heartbeat tells what they would have"],
  ])("%s, no event is lost: %s", (_what, kind) => {
    fc.assert(
      fc.property(anySchedule, (schedule) => {
        const { streams, happened } = simulate(schedule, {});
        const reader = read(streams, schedule.arrivals, (line) => line[0] === kind);
        expectEqual(reader.out, inOrder(happened));
        expect(reader.lost).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

/** A script, whose parts run one after the other. CPU 0 is busy, and holds nothing back. */
class Script {
  readonly world = new OutboxWorld();
  readonly cpus: readonly [OutboxCpu, OutboxCpu];
  readonly reader = new OutboxReader(CPUS, () => null);
  #address = 0x8880_0000_0000;

  constructor(options: OutboxOptions = {}) {
    this.cpus = [new OutboxCpu(0, this.world, options), new OutboxCpu(1, this.world, options)];
    for (const op of BUSY) {
      this.world.pass(op.gap);
      this.events(op.times);
    }
    this.heartbeat();
    this.arrive(0);
  }

  events(count: number, what: Op["what"] = "v4"): void {
    for (let time = 0; time < count; time++) {
      const op: Op = { what, times: 1, gap: 0, task: 0, states: [TCP.ESTABLISHED, TCP.CLOSE_WAIT] };
      run(this.cpus[0].event(untimed(op, ++this.#address)));
    }
  }

  heartbeat(cpu: Cpu = 0): void {
    run(this.cpus[cpu].heartbeat());
  }

  /** CPU 1 asks what CPU 0 has sent. */
  ask(): void {
    run(this.cpus[1].answer(this.cpus[0]));
  }

  /**
   * The lines that this CPU has printed since the last time arrive, without the first `but` of them, which are lost.
   */
  arrive(cpu: Cpu, but = 0): void {
    for (const line of this.cpus[cpu].lines.splice(0).slice(but)) this.reader.read(line);
  }

  expectAllTold(lost = 0): void {
    for (const cpu of CPUS) {
      this.heartbeat(cpu);
      this.arrive(cpu);
    }
    this.reader.release();
    expect(this.reader.lost.reduce((sum, { count }) => sum + count, 0)).toBe(lost);
    expect(this.reader.out.length + lost).toBe(this.world.happened.length);
  }
}

function run(program: Run): void {
  while (program.next().done !== true);
}

describe("an outbox", () => {
  test("whose first place is newer than the others, with their line under way, is released in order", () => {
    const script = new Script();
    script.events(1);
    script.ask();
    script.events(2);
    script.heartbeat();
    script.events(1);
    script.ask();
    script.arrive(1);
    script.arrive(0);
    script.expectAllTold();
  });

  test("of which a line was lost and counted does not release again what it still shows", () => {
    const script = new Script();
    script.events(3);
    script.heartbeat();
    script.arrive(0, 1 + 1);
    script.heartbeat();
    script.arrive(0);
    script.world.pass(40e6);
    script.events(1);
    script.arrive(0);
    script.expectAllTold(3);
  });
});
