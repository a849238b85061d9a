import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseSource, describePassedOver, errorCodeOf, findObstacle, PROGRAMS } from "#src/source/bpftrace/choose.ts";
import type { TracingFacts } from "#src/source/bpftrace/choose.ts";

const GOOD: TracingFacts = {
  kernel: {
    release: "6.1.0-18-amd64",
    major: 6,
    minor: 1,
    btf: true,
    tracefs: { mountedAt: "/sys/kernel/tracing", supported: true },
    stateTracepoint: true,
    acceptTracepoint: true,
    kprobes: true,
    traceableFunctions: true,
    lockdown: "none",
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

const bpftrace = (version: string): TracingFacts["bpftrace"] => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return { path: "/usr/bin/bpftrace", version, major, minor };
};

const kernel = (changes: Partial<TracingFacts["kernel"]>): TracingFacts => ({
  ...GOOD,
  kernel: { ...GOOD.kernel, ...changes },
});

const unmounted = { tracefs: { mountedAt: null, supported: true }, stateTracepoint: null, acceptTracepoint: null };

describe("full", () => {
  test.each<[string, TracingFacts]>([
    ["all is well", GOOD],
    ["the oldest bpftrace", { ...GOOD, bpftrace: bpftrace("0.11.3") }],
    ["a bpftrace to come", { ...GOOD, bpftrace: bpftrace("1.0.0") }],
    ["tracefs can be mounted", kernel(unmounted)],
    ["no kprobes", kernel({ kprobes: false })],
    ["functions that may not be traced", kernel({ traceableFunctions: false })],
    ["lockdown for integrity", kernel({ lockdown: "integrity" })],
    ["CAP_BPF without CAP_SYS_ADMIN", { ...GOOD, privileges: { ...GOOD.privileges, sysAdmin: false } }],
    ["no unshare, tracefs mounted", { ...GOOD, hasUnshare: false }],
  ])("%s", (_, facts) => {
    const choice = chooseSource(facts);
    expect(choice).toMatchObject({ source: "bpf", program: "full", passedOver: [] });
    expect(describePassedOver(choice)).toBe("");
  });
});

describe("functions", () => {
  test.each<[string, TracingFacts, string, string[]]>([
    ["no tracepoint", kernel({ stateTracepoint: false }), "kprobe", ["kprobe", "fentry"]],
    ["no tracepoints of system calls", kernel({ acceptTracepoint: false }), "kprobe", ["kprobe", "fentry"]],
    ["no tracepoint, no kprobes", kernel({ stateTracepoint: false, kprobes: false }), "fentry", ["fentry"]],
    [
      "what cannot be known is tried",
      kernel({ ...unmounted, kprobes: null }),
      "full",
      ["full", "kprobe", "fentry", "basic"],
    ],
    [
      "a bpftrace that finds no function for fentry on such a kernel",
      { ...kernel({ stateTracepoint: false, release: "5.10.0", major: 5, minor: 10 }) },
      "kprobe",
      ["kprobe"],
    ],
    ["fentry is asked for", { ...GOOD, wanted: "fentry" }, "fentry", ["fentry"]],
    ["basic is asked for", { ...kernel({ btf: false }), wanted: "basic" }, "basic", ["basic"]],
  ])("%s", (_, facts, program, programs) => {
    expect(chooseSource(facts)).toMatchObject({ source: "bpf", program, programs });
  });
});

describe("the error of --source bpf", () => {
  test.each<[string, TracingFacts]>([
    ["not-root", { ...GOOD, privileges: { ...GOOD.privileges, isRoot: false }, bpftrace: null }],
    ["no-bpftrace", { ...GOOD, bpftrace: null }],
    ["no-bpftrace", { ...GOOD, bpftrace: bpftrace("0.9.4") }],
    ["bpf-unavailable", kernel({ lockdown: "confidentiality" })],
  ])("has the code %s", (code, facts) => {
    expect(errorCodeOf(chooseSource(facts))).toBe(code);
  });
});

describe("basic", () => {
  test("no BTF", () => {
    // Then the functions can't be traced either.
    const choice = chooseSource({ ...kernel({ btf: false }), bpftrace: bpftrace("0.24.2") });
    expect(choice).toMatchObject({
      source: "bpf",
      program: "basic",
      passedOver: [{ source: "bpf-full", fix: null }, {}, {}],
    });
    expect(describePassedOver(choice)).toBe("the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)");
  });
});

describe("proc", () => {
  test.each<[string, TracingFacts, string]>([
    ["not root", { ...GOOD, privileges: { ...GOOD.privileges, isRoot: false } }, "not root (sudo tcptrace doctor)"],
    [
      "root of a container",
      { ...GOOD, privileges: { isRoot: true, sysAdmin: false, bpf: true, perfmon: false } },
      "root without CAP_SYS_ADMIN, as in a container (docker run --privileged --pid=host)",
    ],
    ["no bpftrace", { ...GOOD, bpftrace: null }, "bpftrace is not installed (apt-get install bpftrace)"],
    [
      "no bpftrace, who knows where from",
      { ...GOOD, bpftrace: null, installBpftrace: null },
      "bpftrace is not installed",
    ],
    [
      "a bpftrace that does not say its version",
      { ...GOOD, bpftrace: null, muteBpftrace: "/opt/bpftrace" },
      "/opt/bpftrace --version fails, or takes too long",
    ],
    [
      "an old bpftrace",
      { ...GOOD, bpftrace: bpftrace("0.10.0") },
      "bpftrace 0.10.0 is older than 0.11 (apt-get install bpftrace)",
    ],
    [
      "lockdown",
      kernel({ lockdown: "confidentiality" }),
      "kernel lockdown (confidentiality) forbids BPF (boot with lockdown=integrity)",
    ],
    [
      "no tracepoint, and no functions that may be traced",
      kernel({ stateTracepoint: false, kprobes: false, traceableFunctions: false }),
      "kernel 6.1.0-18-amd64 has no tracepoint sock:inet_sock_set_state (4.16+)",
    ],
    [
      "an old kernel, tracefs not mounted",
      kernel({ ...unmounted, release: "4.15.0", major: 4, minor: 15, kprobes: false }),
      "kernel 4.15.0 has no tracepoint sock:inet_sock_set_state (4.16+)",
    ],
    [
      "no tracefs, no unshare",
      { ...kernel({ ...unmounted, kprobes: false, traceableFunctions: false }), hasUnshare: false },
      "tracefs is not mounted (mount -t tracefs tracefs /sys/kernel/tracing)",
    ],
    [
      "no tracefs, no CAP_SYS_ADMIN",
      {
        ...kernel({ ...unmounted, kprobes: false, traceableFunctions: false }),
        privileges: { ...GOOD.privileges, sysAdmin: false },
      },
      "tracefs is not mounted (mount -t tracefs tracefs /sys/kernel/tracing)",
    ],
    [
      "a kernel without tracefs",
      kernel({
        ...unmounted,
        tracefs: { mountedAt: null, supported: false },
        kprobes: false,
        traceableFunctions: false,
      }),
      "the kernel has no tracefs",
    ],
  ])("%s", (_, facts, reason) => {
    const choice = chooseSource(facts);
    expect(choice.source).toBe("proc");
    expect(choice.passedOver.map(({ source }) => source)).toEqual([
      "bpf-full",
      "bpf-kprobe",
      "bpf-fentry",
      "bpf-basic",
    ]);
    expect(describePassedOver(choice)).toBe(reason);
  });

  test("a bpftrace that needs BTF, and none is available", () => {
    const { source, passedOver } = chooseSource({ ...kernel({ btf: false }), bpftrace: bpftrace("0.25.0") });
    expect(source).toBe("proc");
    expect(passedOver.map(({ reason }) => reason)).toEqual([
      "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)",
      "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)",
      "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)",
      "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF), and bpftrace 0.25.0 requires it",
    ]);
  });
});

test("BPF is never chosen without root, bpftrace and a tracepoint; no better source is skipped silently", () => {
  const bool = fc.boolean();
  const arbitraryFacts = fc.record({
    kernel: fc.record({
      release: fc.constant("x"),
      major: fc.nat(7),
      minor: fc.nat(30),
      btf: bool,
      tracefs: fc.record({ mountedAt: fc.constantFrom(null, "/sys/kernel/tracing"), supported: bool }),
      stateTracepoint: fc.constantFrom(true, false, null),
      acceptTracepoint: fc.constantFrom(true, false, null),
      kprobes: fc.constantFrom(true, false, null),
      traceableFunctions: fc.constantFrom(true, false, null),
      lockdown: fc.constantFrom("none" as const, "integrity" as const, "confidentiality" as const, null),
      initialPidNamespace: fc.constantFrom(true, false, null),
    }),
    privileges: fc.record({ isRoot: bool, sysAdmin: bool, bpf: bool, perfmon: bool }),
    againAsRoot: fc.constant("sudo tcptrace top"),
    bpftrace: fc.option(fc.nat(30).map((minor) => ({ path: "/b", version: `0.${minor}.0`, major: 0, minor }))),
    muteBpftrace: fc.constant(null),
    wanted: fc.constantFrom(null, ...PROGRAMS),
    installBpftrace: fc.constantFrom(null, "apk add bpftrace"),
    hasUnshare: bool,
    hasSs: bool,
    installSs: fc.constant(null),
  });
  fc.assert(
    fc.property(arbitraryFacts, (facts) => {
      const choice = chooseSource(facts);
      if (choice.source === "bpf") {
        expect(facts.privileges.isRoot && facts.bpftrace !== null).toBe(true);
        expect(choice.programs[0]).toBe(choice.program);
        for (const program of choice.programs) expect(findObstacle(program, facts)).toBeNull();
        if (facts.wanted !== null) expect(choice.programs).toEqual([facts.wanted]);
        else if (choice.program !== "basic") expect(facts.kernel.btf).toBe(true);
      }
      const better = choice.source === "proc" ? PROGRAMS : PROGRAMS.slice(0, PROGRAMS.indexOf(choice.program));
      expect(choice.passedOver.map(({ source }) => source)).toEqual(better.map((program) => `bpf-${program}`));
    }),
  );
});
