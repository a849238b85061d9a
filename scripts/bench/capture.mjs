// A stream of wire lines from the real kernel: bpftrace as tcptrace starts it, and scripts/workload/churn.c as its load.
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startTracer } from "../../build/source/bpftrace/tracer-process.js";
import { readTracingFacts } from "../../build/source/bpftrace/tracing-facts.js";

/** Compiles the workload; returns the path of the program. */
export function buildChurn() {
  const program = join(mkdtempSync(join(tmpdir(), "tcptrace-bench-")), "churn");
  const source = fileURLToPath(new URL("../workload/churn.c", import.meta.url));
  execFileSync("cc", ["-O2", "-Wall", "-o", program, source]);
  return program;
}

/** The lines of so many connections, opened and closed as fast as the machine can. Needs root and bpftrace. */
export async function captureOf(connections) {
  const churn = buildChurn();
  const { kernel, bpftrace } = await readTracingFacts();
  if (bpftrace === null) throw new Error("bpftrace is not installed");
  const tracer = startTracer({ bpftrace, program: "full", mountTracefs: kernel.tracefs.mountedAt === null });
  const chunks = [];
  const attached = new Promise((resolve) => {
    tracer.stdout.on("data", (chunk) => {
      chunks.push(chunk);
      if (chunk.includes("\nH ")) resolve();
    });
  });
  const closed = new Promise((resolve) => tracer.stdout.on("close", resolve));
  await attached;
  execFileSync(churn, [String(connections)]);
  await sleep(1000);
  tracer.stop();
  await closed;
  return Buffer.concat(chunks);
}
