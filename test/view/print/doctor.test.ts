import { describe, expect, test } from "vitest";
import { doctorChecks } from "#src/commands/doctor-checks.ts";
import { doctorReport } from "#src/commands/doctor.ts";
import type { TracingFacts } from "#src/source/bpftrace/choose.ts";
import { doctorJson } from "#src/view/print/doctor-json.ts";
import type { DoctorCheck } from "#src/view/print/doctor-report.ts";
import { doctorText } from "#src/view/print/doctor-text.ts";

const GOOD: TracingFacts = {
  kernel: {
    release: "6.1.0",
    major: 6,
    minor: 1,
    btf: true,
    tracefs: { mountedAt: "/sys/kernel/tracing", supported: true },
    stateTracepoint: true,
    acceptTracepoint: true,
    kprobes: false,
    traceableFunctions: false,
    lockdown: null,
    initialPidNamespace: true,
  },
  privileges: { isRoot: true, sysAdmin: true, bpf: true, perfmon: true },
  againAsRoot: "sudo tcptrace doctor",
  bpftrace: { path: "/usr/bin/bpftrace", version: "0.17.0", major: 0, minor: 17 },
  muteBpftrace: null,
  wanted: null,
  installBpftrace: "apt-get install bpftrace",
  hasUnshare: true,
  hasSs: true,
  installSs: "apt-get install iproute2",
};

const kernel = (changes: Partial<TracingFacts["kernel"]>): TracingFacts => ({
  ...GOOD,
  kernel: { ...GOOD.kernel, ...changes },
});

const notRoot: TracingFacts = {
  ...GOOD,
  privileges: { isRoot: false, sysAdmin: false, bpf: false, perfmon: false },
};

const IDS = "kernel privileges bpftrace tracefs tracepoint accept btf kprobes lockdown pid-namespace ss".split(" ");

const failing = (facts: TracingFacts): Pick<DoctorCheck, "id" | "needed" | "fix">[] =>
  doctorChecks(facts)
    .filter(({ ok }) => !ok)
    .map(({ id, needed, fix }) => ({ id, needed, fix }));

const report = (facts: TracingFacts): ReturnType<typeof doctorReport> => doctorReport(facts, null);

const unmounted = { tracefs: { mountedAt: null, supported: true }, stateTracepoint: null, acceptTracepoint: null };
const noKprobes = { id: "kprobes", needed: false, fix: null };

describe("checks", () => {
  test.each<[string, TracingFacts, ReturnType<typeof failing>]>([
    ["all is well but kprobes, which nobody needs", GOOD, []],
    ["tracefs that tcptrace mounts", kernel(unmounted), []],
    [
      "tracefs that it cannot mount",
      { ...kernel(unmounted), hasUnshare: false },
      [{ id: "tracefs", needed: true, fix: "mount -t tracefs tracefs /sys/kernel/tracing" }],
    ],
    ["not root", notRoot, [{ id: "privileges", needed: true, fix: "sudo tcptrace doctor" }]],
    ["no bpftrace", { ...GOOD, bpftrace: null }, [{ id: "bpftrace", needed: true, fix: "apt-get install bpftrace" }]],
    ["no BTF", kernel({ btf: false }), [{ id: "btf", needed: true, fix: null }]],
    ["no accept", kernel({ acceptTracepoint: false }), [{ id: "accept", needed: false, fix: null }]],
    ["no tracepoint", kernel({ stateTracepoint: false }), [{ id: "tracepoint", needed: true, fix: null }]],
    [
      "lockdown",
      kernel({ lockdown: "confidentiality" }),
      [{ id: "lockdown", needed: true, fix: "boot with lockdown=integrity" }],
    ],
    [
      "a container",
      kernel({ initialPidNamespace: false }),
      [{ id: "pid-namespace", needed: true, fix: "docker run --pid=host …" }],
    ],
    ["no ss", { ...GOOD, hasSs: false }, [{ id: "ss", needed: false, fix: "apt-get install iproute2" }]],
    ["an old kernel", kernel({ major: 4, minor: 15 }), [{ id: "kernel", needed: true, fix: null }]],
  ])("%s", (_, facts, expected) => {
    expect(doctorChecks(facts).map(({ id }) => id)).toEqual(IDS);
    expect(failing(facts)).toHaveLength(expected.length + 1);
    expect(failing(facts)).toEqual(expect.arrayContaining([noKprobes, ...expected]));
  });
});

test("an old bpftrace is tried, and reported as older than the oldest known to work", () => {
  const old = { path: "/usr/bin/bpftrace", version: "0.14.0", major: 0, minor: 14 };
  const check = doctorChecks({ ...GOOD, bpftrace: old }).find(({ id }) => id === "bpftrace");
  expect(check).toMatchObject({ ok: true, detail: expect.stringMatching(/^0\.14\.0 .*older than 0\.17, the oldest/) });
});

test("a bpftrace that prints no version is not reported as missing", () => {
  const check = doctorChecks({ ...GOOD, bpftrace: null, muteBpftrace: "/b" }).find(({ id }) => id === "bpftrace");
  expect(check).toMatchObject({ ok: false, needed: true, detail: "/b --version fails or takes too long", fix: null });
});

describe("the report", () => {
  test("is ok with full probes only", () => {
    expect(report(GOOD)).toMatchObject({ ok: true, source: "bpf", takes: "bpf, full probes" });
    expect(report(kernel({ btf: false }))).toMatchObject({ ok: false, source: "bpf", takes: "bpf, basic probes" });
    expect(report(notRoot)).toMatchObject({ ok: false, source: "proc" });
  });

  test("has one more check after a trial that succeeds", () => {
    const seen = { ok: true, detail: "3 transitions seen", fix: null };
    const { ok, checks } = doctorReport(GOOD, { ...seen, program: "full", failures: new Map() });
    expect(ok).toBe(true);
    expect(checks.at(-1)).toEqual({ id: "trace", needed: true, ...seen });
  });

  test("is not ok after a trial that fails, even if every check passes", () => {
    const detail = "bpftrace: Operation not permitted";
    const answer = doctorReport(GOOD, {
      ok: false,
      detail,
      fix: null,
      program: null,
      failures: new Map([["full", detail]]),
    });
    expect(answer).toMatchObject({ ok: false, source: "proc" });
    expect(answer.passedOver).toEqual([{ source: "bpf-full", reason: detail, fix: null }]);
  });

  test("has a line for each probe program: used, failed, not needed, or why not", () => {
    const facts = kernel({ kprobes: true });
    const said = (trial: Parameters<typeof doctorReport>[1]): Record<string, string> =>
      Object.fromEntries(doctorReport(facts, trial).checks.map(({ id, ok, detail }) => [id, `${ok} ${detail}`]));
    const untried = said(null);
    expect(untried["probes-full"]).toMatch(/^true .*\(not tried\)$/);
    expect(untried["probes-fentry"]).toBe(
      "false the kernel does not allow tracing of its functions (available_filter_functions)",
    );
    const failures = new Map([["full", "bpftrace said: no"] as const]);
    const trial = { ok: true, detail: "attached", fix: null, program: "kprobe", failures } as const;
    const tried = said(trial);
    expect(tried["probes-full"]).toBe("false tried: bpftrace said: no");
    expect(tried["probes-kprobe"]).toMatch(/^true .*\(used\)$/);
    expect(tried["probes-basic"]).toMatch(/^true .*\(not tried, kprobe is better\)$/);
    expect(doctorReport(facts, trial)).toMatchObject({ ok: true, source: "bpf", takes: "bpf, kprobe probes" });
  });
});

test("JSON has the keys of docs/command-line.md", () => {
  const text = doctorJson(report(notRoot));
  expect(text.endsWith("}\n")).toBe(true);
  const document = JSON.parse(text);
  expect(Object.keys(document)).toEqual(["ok", "source", "checks"]);
  expect(document).toMatchObject({ ok: false, source: "proc" });
  for (const check of document.checks) expect(Object.keys(check)).toEqual(["id", "ok", "detail", "fix"]);
  expect(document.checks[1]).toEqual({
    id: "privileges",
    ok: false,
    detail: "not root: processes of other users have no names",
    fix: "sudo tcptrace doctor",
  });
});

describe("text", () => {
  test("is one line per check, with the fix below it, and the source that auto takes", () => {
    const lines = doctorText(report(notRoot)).split("\n");
    expect(lines[0]).toBe("ok kernel         6.1.0");
    expect(lines[1]).toBe("!! privileges     not root: processes of other users have no names");
    expect(lines[2]).toBe("                  fix: sudo tcptrace doctor");
    expect(lines.find((line) => line.includes("kprobes"))).toMatch(/^-- kprobes {8}/);
    expect(lines.slice(-6)).toEqual([
      "--source auto uses proc, polling /proc.",
      "   not bpf-full: not root (sudo tcptrace doctor)",
      "   not bpf-kprobe: not root (sudo tcptrace doctor)",
      "   not bpf-fentry: not root (sudo tcptrace doctor)",
      "   not bpf-basic: not root (sudo tcptrace doctor)",
      "",
    ]);
  });

  test("nothing from the machine reaches the terminal raw", () => {
    const text = doctorText(report(kernel({ release: "6.1.0\x1b[2J\nok forged" })));
    expect(text).toContain("6.1.0\\x1b[2J\\x0aok forged");
    expect(text).not.toContain("\x1b");
  });
});
