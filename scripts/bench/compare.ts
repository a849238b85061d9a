// Compares tcptrace with other tracers of TCP states: cost, losses, slowdown of the workload, and latency of the lines.
//
// usage: npm run bench:compare [-- --rounds 3] [--rates 1000,8000,0] [--tcpstates "COMMAND"]     as root, idle machine
//
// Rates are connections per second with ten transitions each; 0 is full speed. COMMAND runs tcpstates of libbpf-tools
// if it is not in /usr/sbin, for example in a root made by debootstrap. Rounds are interleaved, and the table shows
// medians. Each tracer runs under load for some seconds before it is measured, to warm up JavaScript. CPU is that of
// all the tracer's processes; BPF programs run in those of the workload and show as its slowdown. Latency is measured
// separately, with stdout as a pipe.
import { createReadStream, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { measureLatencies } from "./latency.ts";
import { readNumber, refuse } from "./measure/arguments.ts";
import { cpuMicros, peakMb, treeOf } from "./measure/process-cost.ts";
import { median, quantile } from "./measure/quantile.ts";
import { inRounds } from "./measure/rounds.ts";
import { scratchFile } from "./measure/scratch.ts";
import { tableRow } from "./measure/table-row.ts";
import { type Tracer, startTracer } from "./measure/tracer.ts";
import { type Churn, TRANSITIONS, compileWorkload, runChurn } from "./measure/workload.ts";
import { type ComparedTracer, REFERENCE, type TracerOutput, tracers } from "./tracers.ts";

const SECONDS = 8;
const WARM_SECONDS = 4;
const FULL_SPEED_CONNECTIONS = 80_000;
const WARM_CONNECTIONS = 20_000;
/** Time to attach, for tracers that do not report it. */
const ATTACH_MS = 3000;
const REST_MS = 500;
const PROBES = 60;
const COLUMNS = ["", "transitions/s", "us of CPU each", "of C", "lost", "slowdown", "peak MB", "late ms", "p99 ms"];
const WIDTHS = COLUMNS.map((title) => (title === "" ? -28 : 14));

/** The results of one tracer in one round; NaN if not measurable. */
interface Measured {
  readonly rate: number;
  readonly cpu: number;
  readonly lost: number;
  /** Duration of the workload. */
  readonly seconds: number;
  readonly memory: number;
  readonly late: number;
  readonly latest: number;
}

/** The name of the run without a tracer. */
const ALONE = "";
const NOTHING = { rate: NaN, cpu: NaN, lost: NaN, memory: NaN, late: NaN, latest: NaN };

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "3" },
        rates: { type: "string", default: "1000,8000,0" },
        tcpstates: { type: "string" },
      },
    });
    const rates = values.rates.split(",").map(readNumber);
    return { rounds: readNumber(values.rounds), rates, compared: tracers(values.tcpstates) };
  } catch (error) {
    return refuse(error);
  }
}

async function work(rate: number): Promise<Churn> {
  return runChurn(rate === 0 ? FULL_SPEED_CONNECTIONS : rate * SECONDS, rate);
}

async function warmUp(rate: number): Promise<void> {
  await runChurn(rate === 0 ? WARM_CONNECTIONS : rate * WARM_SECONDS, rate);
}

async function start(command: ComparedTracer, stdout: "pipe" | number): Promise<Tracer["process"]> {
  const tracer = await startTracer(command, stdout);
  if (command.ready === null) await sleep(ATTACH_MS);
  return tracer.process;
}

async function countLines(file: string, { line: isTransition }: TracerOutput, port: number): Promise<number> {
  // Not as part of a longer number, such as a time.
  const ofPort = new RegExp(`(?<!\\d)${port}(?!\\d)`);
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (isTransition.test(line) && ofPort.test(line)) count++;
  }
  return count;
}

async function measureCost(command: ComparedTracer, rate: number): Promise<Omit<Measured, "late" | "latest">> {
  const printed = scratchFile("printed");
  const tracer = await start(command, openSync(printed, "w"));
  await warmUp(rate);
  await sleep(REST_MS);
  const pids = treeOf(tracer.pid);
  const before = cpuMicros(pids);
  const { connections, seconds, port } = await work(rate);
  await sleep(REST_MS);
  const cpu = cpuMicros(pids) - before;
  const memory = peakMb(pids);
  await tracer.stop("SIGINT");
  const transitions = connections * TRANSITIONS;
  const lost = command.output === null ? NaN : transitions - (await countLines(printed, command.output, port));
  return { rate: transitions / seconds, cpu: cpu / transitions, lost, seconds, memory };
}

async function measureLateness(command: ComparedTracer, rate: number): Promise<Pick<Measured, "late" | "latest">> {
  if (command.output === null) return { late: NaN, latest: NaN };
  const tracer = await start(command, "pipe");
  tracer.stdout.resume();
  const load = runChurn(rate === 0 ? FULL_SPEED_CONNECTIONS / 2 : (rate * SECONDS) / 2, rate);
  const latencies = await measureLatencies(tracer.stdout, command.output.port, PROBES);
  await load;
  await tracer.stop("SIGINT");
  return { late: median(latencies), latest: quantile(latencies, 0.99) };
}

function fixed(number: number, digits: number): string {
  return Number.isNaN(number) ? "-" : number.toFixed(digits);
}

function printTable(rate: number, results: ReadonlyMap<string, readonly Measured[]>): void {
  const of = (name: string, key: keyof Measured): number =>
    median((results.get(name) ?? []).map((one) => one[key]).filter((number) => !Number.isNaN(number)));
  const alone = of(ALONE, "seconds");
  const load = rate === 0 ? "full speed" : `${rate * TRANSITIONS} transitions/s`;
  console.log(`\n${load}: the workload alone takes ${fixed(alone, 2)} s`);
  console.log(tableRow(COLUMNS, WIDTHS));
  for (const name of results.keys()) {
    if (name === ALONE) continue;
    const cells = [
      name,
      fixed(of(name, "rate"), 0),
      fixed(of(name, "cpu"), 2),
      fixed(of(name, "cpu") / of(REFERENCE, "cpu"), 2),
      fixed(of(name, "lost"), 0),
      `${Math.round((of(name, "seconds") / alone - 1) * 100)} %`,
      fixed(of(name, "memory"), 0),
      fixed(of(name, "late"), 0),
      fixed(of(name, "latest"), 0),
    ];
    console.log(tableRow(cells, WIDTHS));
  }
}

const { rounds, rates, compared } = readOptions();
compileWorkload("churn");
for (const rate of rates) {
  const results = await inRounds<string, Measured>(rounds, [
    [ALONE, async () => ({ ...NOTHING, seconds: (await work(rate)).seconds })],
    ...Array.from(compared, ([name, command]) => {
      const measure = async () => ({
        ...(await measureCost(command, rate)),
        ...(await measureLateness(command, rate)),
      });
      return [name, measure] as const;
    }),
  ]);
  printTable(rate, results);
}
