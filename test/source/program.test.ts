import { describe, expect, test } from "vitest";
import { PROGRAMS } from "../../src/source/choose.ts";
import { programText } from "../../src/source/program.ts";
import { PAIRS } from "../../src/source/sent-counts.ts";

/** What a program attaches to, in its order. */
function probesOf(text: string): string[] {
  return [...text.matchAll(/^(?:kfunc|kprobe|tracepoint|profile|interval):\S+?(?=,?$)/gm)].map(([probe]) => probe);
}

describe.each(PROGRAMS)("the %s program", (program) => {
  const text = programText(program);

  test("is whole", () => {
    expect(text).not.toMatch(/\/\/ include/);
    expect(text.match(/^BEGIN$/gm)).toHaveLength(1);
    expect(text.split("{").length).toBe(text.split("}").length);
  });

  test("counts each line of a transition before it is printed", () => {
    const bodies = text.split(/@transitions_sent\[.*\]\+\+;/);
    expect(bodies.length).toBeGreaterThan(1);
    for (const body of bodies.slice(1)) expect(body).toMatch(/printf\("[tTuU] |return;/);
  });
});

test("a heartbeat has the pairs in the order in which they are read", () => {
  const [, beat] = programText("full").split("profile:hz:10");
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
  const probes = probesOf(programText(program)).filter((probe) => !/^(profile|interval):/.test(probe));
  expect(probes).toEqual(functions.map((name) => `${kind}:${name}`));
});
