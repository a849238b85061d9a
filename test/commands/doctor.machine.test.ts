import { keptSession } from "#test/support/machine/session.ts";
import { describe, expect, test, vi } from "vitest";
import { doctor } from "#src/commands/doctor.ts";
import { chooseSource } from "#src/source/bpftrace/choose.ts";
import { readTracingFacts } from "#src/source/bpftrace/tracing-facts.ts";
import type { DoctorCheck } from "#src/view/print/doctor-report.ts";

const IDS = "kernel privileges bpftrace tracefs tracepoint accept btf kprobes lockdown pid-namespace ss".split(" ");

const PROBE_IDS = ["probes-full", "probes-kprobe", "probes-fentry", "probes-basic"];

async function run(json: boolean, trial?: Parameters<typeof doctor>[2]): Promise<string> {
  const { session, stdout } = keptSession();
  await doctor({ json }, session, trial);
  expect(session.exitCode).toBe(0);
  return stdout();
}

describe("the command, on this machine", () => {
  test("answers in JSON and in text, the same", async () => {
    const document = JSON.parse(await run(true));
    const text = await run(false);
    expect(document.checks.map(({ id }: DoctorCheck) => id)).toEqual([...IDS, ...PROBE_IDS]);
    for (const { id, detail } of document.checks) expect(text).toContain(`${id.padEnd(13)}  ${detail}`);
    expect(text).toContain(`--source auto uses ${document.source}, `);
  });

  test("tries to trace only where that looks possible", async () => {
    const trial = vi.fn(() =>
      Promise.resolve({ ok: false, detail: "tried", fix: null, program: null, failures: new Map() }),
    );
    const text = await run(false, trial);
    const { source } = chooseSource(await readTracingFacts());
    expect(trial).toHaveBeenCalledTimes(source === "bpf" ? 1 : 0);
    expect(text.includes("!! trace          tried")).toBe(source === "bpf");
  });
});
