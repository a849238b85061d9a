// Captures wire lines from the real kernel, with bpftrace as tcptrace starts it and churn.c as the load.
import { setTimeout as sleep } from "node:timers/promises";
import { runChurn } from "./workload.ts";
import { startTracer } from "../../../src/source/bpftrace/tracer-process.ts";
import { readTracingFacts } from "../../../src/source/bpftrace/tracing-facts.ts";

const REST_MS = 1000;

/** The lines of connections opened and closed at full speed. Needs root and bpftrace. */
export async function captureWire(connections: number): Promise<Buffer> {
  const { kernel, bpftrace } = await readTracingFacts();
  if (bpftrace === null) throw new Error("bpftrace is not installed");
  const tracer = startTracer({ bpftrace, program: "full", mountTracefs: kernel.tracefs.mountedAt === null });
  const chunks: Buffer[] = [];
  const closed = new Promise<void>((resolve) => {
    tracer.stdout.on("close", resolve);
  });
  const attached = new Promise<void>((resolve) => {
    tracer.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunk.includes("\nH ")) resolve();
    });
  });
  const end = await Promise.race([attached, tracer.ended]);
  if (end !== undefined) throw new Error(end.reason);
  await runChurn(connections);
  await sleep(REST_MS);
  tracer.stop();
  await closed;
  return Buffer.concat(chunks);
}
