// Runs cells in the guest: tcptrace with one bpftrace and one kind of probes, and a workload with known results.
// The host judges the output: NAME.json, NAME.ndjson, NAME.tct, NAME.stderr.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CellResult, RefusalsResult, Truth } from "./cell-result.ts";
import { createdMiniSockets, leaveOutOlder } from "./kernel-rows.ts";
import { runTrials } from "./refusals.ts";
import { STEP_MS, until, within } from "./wait.ts";
import { runEndings, runPair } from "./workload.ts";

/** Far longer than any step takes, so that a slow machine does not fail. */
const READY_MS = 300_000;
const WORDS = ["/app/tcptrace/build/cli.js", "record", "--print", "--json", "--source", "bpf", "-w"];

const [, , folder = "."] = process.argv;

function leave(name: string, result: CellResult | RefusalsResult): void {
  writeFileSync(join(folder, `${name.replace(":", "-")}.json`), JSON.stringify(result));
}

/** Runs the workload under a tcptrace that traces. */
async function makeTruth(startMs: number): Promise<Truth> {
  const before = createdMiniSockets();
  const { ending, connections, end } = await runPair();
  const ways = await runEndings();
  const created = createdMiniSockets() - before;
  await end();
  return { ...ending, connections, ways, created, startMs };
}

async function runCell(name: string): Promise<void> {
  const [bpftrace, probes = ""] = name.split(":");
  const file = join(folder, name.replace(":", "-"));
  const path = `/opt/bpftrace/${bpftrace}/bin:${process.env["PATH"]}`;
  const env = { ...process.env, PATH: path, TCPTRACE_PROBES: probes };
  leaveOutOlder();
  const start = performance.now();
  const tracer = spawn("/app/node", [...WORDS, `${file}.tct`], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(tracer, "exit");
  let stderr = "";
  tracer.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  tracer.stdout.pipe(createWriteStream(`${file}.ndjson`));
  let truth: Truth | null = null;
  let error: string | null = null;
  try {
    await until("tracing", READY_MS, () => {
      if (tracer.exitCode !== null) throw new Error(`tcptrace ended with ${tracer.exitCode}`);
      return / probes$/m.test(stderr);
    });
    truth = await makeTruth(performance.now() - start);
  } catch (failure) {
    error = messageOf(failure);
  }
  tracer.kill("SIGINT");
  const stopped = performance.now();
  await within(ended, STEP_MS, "the end of tcptrace").catch((failure: unknown) => {
    error ??= messageOf(failure);
    tracer.kill("SIGKILL");
  });
  writeFileSync(`${file}.stderr`, stderr);
  leave(name, { cell: name, truth, error, exitCode: tracer.exitCode, stopMs: performance.now() - stopped });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`GUEST ${name}: ${seconds} s${error === null ? "" : `, ${error}`}`);
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

function runRefusals(name: string, bpftrace: string, kind: "refusals" | "lockdown"): void {
  const refusals = runTrials(bpftrace, kind);
  leave(name, { cell: name, refusals });
  const right = refusals.filter(({ complaints }) => complaints.length === 0);
  console.log(`GUEST ${name}: ${right.length} of ${refusals.length} right`);
}

const names = /tcptrace\.cells=(\S+)/.exec(readFileSync("/proc/cmdline", "latin1"))?.[1]?.split(",") ?? [];
for (const name of names) {
  const [bpftrace = "", kind] = name.split(":");
  if (kind === "refusals" || kind === "lockdown") runRefusals(name, bpftrace, kind);
  else await runCell(name);
}
process.exit(0);
