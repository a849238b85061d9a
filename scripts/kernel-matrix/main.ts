// Runs tcptrace on Debian's kernels in QEMU (software emulation), with several releases of bpftrace.
//
// usage: npm run kernel-matrix [-- --cells quick|all|LIST] [--jobs N] [--keep FOLDER]     as root, on Debian amd64
//   --cells   quick: each kernel, bpftrace and kind of probes at least once (default). all: every combination.
//             LIST: KERNEL/BPFTRACE:PROBES, separated by commas, such as 6.1/0.17:full,7/0.27:fentry. Besides full,
//             kprobe, fentry and basic there are `refusals` (features that a kernel may lack) and `lockdown`.
//   --jobs    number of machines at a time (default 1; each takes two cores and 2 GiB)
//   --keep    folder for the output of the machines (default: a temporary one, removed if all cells pass)
//
// A cell is one bpftrace with one kind of probes. It traces 300 connections, and about 40 that end in other ways. All
// transitions must be reported, each with the right process; the mini-sockets must be those that the kernel lists; and
// if tcp_time_wait() is traced, the rules for the tracepoint must agree with it at the end of every socket. Only fentry
// may lose transitions, and must report how many. Exits 1 if a cell fails. Packages come from the machine's own Debian
// mirror and are cached in ~/.cache. Needs qemu-system-x86_64, mkfs.ext4, xz, cc, dpkg-deb and flock.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { appDisk, baseDisk } from "./image.ts";
import { judge } from "./judge.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { lockCache } from "./lock.ts";
import { Suite } from "./packages.ts";
import { type MachinePlan, SUITES, plan } from "./plan.ts";
import { Failure, run } from "./run.ts";
import { type ReleaseVerdict, table } from "./table.ts";
import { failed } from "./verdict.ts";
import { runMachine } from "./vm.ts";

/** Timeouts for booting and per cell: ten times what they usually take, so that only a hang fails. */
const BOOT_MS = 300_000;
const CELL_MS = 600_000;
const REFUSALS_MS = 1_200_000;

function seconds(): string {
  return `${Math.floor(performance.now() / 1000)} s`.padStart(6);
}

function say(text: string): void {
  console.error(`${seconds()}  ${text}`);
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      cells: { type: "string", default: "quick" },
      jobs: { type: "string", default: "1" },
      keep: { type: "string" },
    },
  });
  const jobs = Number(values.jobs);
  if (!(Number.isInteger(jobs) && jobs > 0)) throw new RangeError(`--jobs: not a positive integer: ${values.jobs}`);
  return { machines: plan(values.cells), jobs, keep: values.keep };
}

function limitOf(cell: string): number {
  return cell.endsWith(":refusals") ? REFUSALS_MS : CELL_MS;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Shared by all machines. */
interface Place {
  readonly disks: readonly string[];
  readonly folder: string;
}

/** Verdicts on the cells of one machine. */
async function runCells(machine: MachinePlan, kernel: Kernel, number: number, place: Place): Promise<ReleaseVerdict[]> {
  const { kernel: name, cells, append } = machine;
  const { release } = kernel;
  const folder = join(place.folder, `${number}-${name}`);
  const report = (text: string): void => say(`${release}: ${text}`);
  report(cells.join(" "));
  const timeoutMs = BOOT_MS + sum(cells.map(limitOf));
  try {
    await runMachine({ kernel, disks: place.disks, cells, append, folder, timeoutMs, report });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return cells.map((cell) => ({ release, ...failed(cell, error.message) }));
  }
  const verdicts: ReleaseVerdict[] = [];
  for (const cell of cells) verdicts.push({ release, ...(await judge(folder, name, cell)) });
  return verdicts;
}

async function main(): Promise<void> {
  const { machines, jobs, keep } = readArguments();
  for (const tool of ["qemu-system-x86_64", "mkfs.ext4", "xz", "cc", "dpkg-deb", "flock"]) {
    run("sh", ["-c", 'command -v "$0" >/dev/null || { echo "$0 is not installed" >&2; exit 1; }', tool]);
  }
  await lockCache(say);
  const folder = keep ?? mkdtempSync(join(tmpdir(), "tcptrace-matrix-"));
  mkdirSync(folder, { recursive: true });
  const suites = SUITES.map(({ suite, kernel, bpftrace }) => ({ kernel, bpftrace, suite: new Suite(suite) }));
  say("packages and disks");
  const base = baseDisk(suites.map(({ bpftrace, suite }) => ({ version: bpftrace, suite })));
  const disks = [base, appDisk(folder)];
  const kernels = new Map<string, Kernel>();
  for (const { kernel, suite } of suites) {
    if (machines.some((machine) => machine.kernel === kernel)) kernels.set(kernel, kernelOf(suite));
  }
  const verdicts: ReleaseVerdict[][] = [];
  const queue = [...machines.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [number, machine] = next;
      const kernel = kernels.get(machine.kernel);
      if (kernel === undefined) throw new Error(`no suite has kernel ${machine.kernel}`);
      verdicts[number] = await runCells(machine, kernel, number, { disks, folder });
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const all = verdicts.flat();
  console.log(table(all));
  const wrong = all.filter(({ complaints }) => complaints.length > 0);
  for (const { release, cell, complaints } of wrong) {
    for (const complaint of complaints.slice(0, 5)) console.log(`${release} ${cell}: ${complaint}`);
  }
  console.log(`${all.length - wrong.length} passed, ${wrong.length} failed`);
  if (wrong.length > 0) console.error(`the output of the machines is in ${folder}`);
  else if (keep === undefined) rmSync(folder, { recursive: true, force: true });
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

/** Whether the error is a usage error. */
function isUsage(error: Error): boolean {
  return error instanceof RangeError || ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error && (error instanceof Failure || isUsage(error)))) throw error;
  console.error(`kernel-matrix: ${error.message}`);
  process.exitCode = isUsage(error) ? 2 : 1;
}
