import { describe, expect, test } from "vitest";
import { PROGRAMS } from "#src/source/bpftrace/choose.ts";
import { programText } from "#src/source/bpftrace/program.ts";
import { PAIRS } from "#src/wire/sent-counts.ts";

const CURRENT = { major: 0, minor: 27 };
const KERNEL = { major: 6, minor: 18 };

/** What a program attaches to, in order. */
function probesOf(text: string): string[] {
  return [...text.matchAll(/^(?:kfunc|kprobe|tracepoint|profile|interval):\S+?(?=,?$)/gm)].map(([probe]) => probe);
}

describe.each(PROGRAMS)("the %s program", (program) => {
  const text = programText(program, CURRENT, KERNEL);

  test("is whole", () => {
    expect(text).not.toMatch(/\/\/ include/);
    expect(text.match(/^BEGIN$/gm)).toHaveLength(1);
    expect(text.split("{").length).toBe(text.split("}").length);
  });

  test("has only one line that is too long for the stack, which thus has the buffer of such lines to itself", () => {
    const limit = Number(/on_stack_limit = (\d+)/.exec(text)?.[1]);
    const formats = [...text.matchAll(/printf\("([^"]*)"/g)].map(([, format = ""]) => format);
    expect(formats.filter((format) => format.startsWith("H "))).toHaveLength(1);
    for (const format of formats.filter((one) => !one.startsWith("H "))) {
      const count = (field: RegExp): number => (format.match(field) ?? []).length;
      expect(8 + 16 * count(/%s/g) + 8 * count(/%\w*x/g)).toBeLessThanOrEqual(limit);
    }
  });

  test("counts each transition before it reads the time for its line, or answers would leave it out", () => {
    const bodies = text.split(/@transitions_sent\[.*\]\+\+;/);
    expect(bodies.length).toBeGreaterThan(1);
    for (const body of bodies.slice(1)) expect(body).toMatch(/nsecs|return;/);
    expect(bodies[0]?.split("profile:")[0]).not.toMatch(/printf\("[tTuUEC] /);
  });
});

test.each([
  [{ major: 6, minor: 18 }, "go to the outbox"],
  [
    { major: 7, minor: 0 },
    "have lines of their own, since softirqs interrupt their program there and would find the outbox half filled",
  ],
])("on Linux %o accepts %s", (kernel) => {
  const text = programText("full", CURRENT, kernel);
  const [probe] = /^tracepoint:syscalls:sys_exit_accept[^]*/m.exec(text) ?? [""];
  expect(/@outbox_state\[\$cpu\] =/.test(probe)).toBe(kernel.major < 7);
  expect(/printf\("C /.test(probe)).toBe(kernel.major >= 7);
  // They would overtake what is held back.
  expect(/printf\("T /.test(text)).toBe(kernel.major >= 7);
});

test("a heartbeat prints the pairs in the order in which they are read", () => {
  const [, beat] = programText("full", CURRENT, KERNEL).split("profile:hz:10");
  const printed = [...(beat?.split("interval:")[0] ?? "").matchAll(/@transitions_sent\[\$key \| 0x([0-9a-f]{2})\]/g)];
  expect(printed.map(([, pair]) => Number.parseInt(pair ?? "", 16))).toEqual(PAIRS.slice(1));
});

test.each([
  ["kprobe", "kprobe"],
  ["fentry", "kfunc"],
] as const)("%s is on all functions that change a state, and on no tracepoint", (program, kind) => {
  const functions = [
    "tcp_time_wait",
    "tcp_set_state",
    "inet_sk_set_state",
    "inet_sk_state_store",
    "security_sock_graft",
    "find_task_by_vpid",
  ];
  const probes = probesOf(programText(program, CURRENT, KERNEL)).filter((probe) => !/^(profile|interval):/.test(probe));
  expect(probes).toEqual(functions.map((name) => `${kind}:${name}`));
});

test.each([
  [0, 17, false],
  [0, 21, false],
  [0, 22, true],
  [0, 27, true],
  [1, 0, true],
])(
  "bpftrace %i.%i: lines are put together on the stack, which no other probe can reach: it must be told %j",
  (major, minor, isTold) => {
    const [first] = programText("full", { major, minor }, KERNEL).split("\n");
    expect(first?.startsWith("config = { on_stack_limit")).toBe(isTold);
  },
);
