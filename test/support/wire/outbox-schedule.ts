import * as fc from "fast-check";
import type { Task } from "#src/model/events/event.ts";
import { TCP, type TcpState } from "#src/model/net/tcp-state.ts";
import {
  type Happened,
  OutboxCpu,
  OutboxWorld,
  type OutboxOptions,
  type Run,
  type Untimed,
} from "#test/support/wire/outbox-cpu.ts";

/* Two CPUs, each with an outbox, and their reader. Lines of one CPU arrive in order, those of both in any order. */

export const CPUS = [0, 1] as const;
export type Cpu = (typeof CPUS)[number];

export interface Op {
  readonly what: "v4" | "v6" | "mixed" | "accept" | "heartbeat" | "ask" | "ask itself";
  /** Number of repetitions. */
  readonly times: number;
  /** Time before each repetition. */
  readonly gap: number;
  readonly task: number;
  readonly states: readonly [TcpState, TcpState];
}

/** A CPU runs this many steps, or this many of its lines arrive. */
export interface Pick {
  readonly cpu: Cpu;
  readonly count: number;
}

export interface Schedule {
  readonly ops: readonly [readonly Op[], readonly Op[]];
  readonly runs: readonly Pick[];
  readonly arrivals: readonly Pick[];
}

const ROOT: Task = { pid: 77, uid: 0, comm: "sshd" };
export const TASKS: readonly Task[] = [
  ROOT,
  { pid: 77 + 4096, uid: 1000, comm: "curl" },
  { pid: 4_194_303, uid: 4_294_967_295, comm: "fifteen letters" },
];

const anyPick = (count: fc.Arbitrary<number>): fc.Arbitrary<Pick> =>
  fc.record({ cpu: fc.constantFrom(...CPUS), count });
const anyOp: fc.Arbitrary<Op> = fc.record({
  what: fc.constantFrom("v4", "v4", "v6", "mixed", "accept", "heartbeat", "ask", "ask", "ask itself"),
  times: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) }, { weight: 1, arbitrary: fc.nat(40) }),
  gap: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(0, 1000, 50_000) },
    { weight: 1, arbitrary: fc.constantFrom(17e6, 40e6) },
  ),
  task: fc.nat(TASKS.length),
  states: fc.constantFrom([TCP.ESTABLISHED, TCP.CLOSE_WAIT], [TCP.CLOSE, TCP.SYN_SENT], [TCP.SYN_SENT, TCP.SYN_RECV]),
});
/** Makes a CPU busy: otherwise it holds nothing back. */
export const BUSY: readonly Op[] = [
  { what: "v4", times: 34, gap: 0, task: TASKS.length, states: [TCP.ESTABLISHED, TCP.CLOSE_WAIT] },
  { what: "v4", times: 1, gap: 17e6, task: TASKS.length, states: [TCP.ESTABLISHED, TCP.CLOSE_WAIT] },
];
const anyOps = fc
  .array(fc.oneof({ weight: 6, arbitrary: anyOp.map((op) => [op]) }, { weight: 1, arbitrary: fc.constant(BUSY) }), {
    maxLength: 30,
    size: "max",
  })
  .chain((ops) => fc.constantFrom([...BUSY, ...ops.flat()], ops.flat()));
export const anySchedule: fc.Arbitrary<Schedule> = fc.record({
  ops: fc.tuple(anyOps, anyOps),
  runs: fc.array(anyPick(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.nat(400))), { maxLength: 60, size: "max" }),
  arrivals: fc.array(anyPick(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.nat(30))), { maxLength: 60, size: "max" }),
});

export function untimed({ what, task: taskIndex, states: [from, to] }: Op, address: number): Untimed {
  const task = TASKS[taskIndex] ?? null;
  if (what === "accept") {
    return { kind: "accept", address, inode: address % 9999, fd: address % 77, task: task ?? ROOT };
  }
  const isLong = what === "v6" || what === "mixed";
  return {
    kind: "transition",
    address,
    from,
    to,
    netns: 0xf000_0000 + (address % 7),
    localAddress: isLong ? `20010db8${address.toString(16).padStart(24, "1")}` : 0x7f00_0000 + (address % 251),
    localPort: address % 65_521,
    remoteAddress: what === "v6" ? `fe80${address.toString(16).padStart(28, "2")}` : 0x0a00_0000 + (address % 249),
    remotePort: address % 65_519,
    inode: address % 9973,
    evidence: {
      dead: address % 2 === 0,
      done: false,
      acked: false,
      noFinWait2: false,
      error: address % 256,
      left: "unknown",
    },
    task,
  };
}

/** Everything a CPU does, as one run that ends with a heartbeat. */
function* life(cpu: OutboxCpu, other: OutboxCpu, ops: readonly Op[], world: OutboxWorld, first: number): Run {
  let address = first;
  for (const op of ops) {
    for (let time = 0; time < op.times; time++) {
      world.pass(op.gap);
      if (op.what === "heartbeat") yield* cpu.heartbeat();
      else if (op.what === "ask") yield* cpu.answer(other);
      else if (op.what === "ask itself") yield* cpu.answer(cpu);
      else yield* cpu.event(untimed(op, ++address));
      yield;
    }
  }
  yield* cpu.heartbeat();
}

/** The lines each CPU has printed, and its events. */
export function simulate(
  { ops, runs }: Schedule,
  options: OutboxOptions,
): { streams: Buffer[][]; happened: Happened[] } {
  const world = new OutboxWorld();
  const one = new OutboxCpu(0, world, options);
  const two = new OutboxCpu(1, world, options);
  const lives = [life(one, two, ops[0], world, 0x8880_0000_0000), life(two, one, ops[1], world, 0x9990_0000_0000)];
  for (const { cpu, count } of [...runs, ...CPUS.map((each) => ({ cpu: each, count: Infinity }))]) {
    for (let step = 0; step < count; step++) if (lives[cpu]?.next().done !== false) break;
  }
  return { streams: [one.lines, two.lines], happened: world.happened };
}
