// A machine in QEMU. Software emulation needs no KVM and behaves the same everywhere.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Kernel } from "./kernel.ts";
import { Failure, run } from "./run.ts";

const RESULT_BYTES = 256 * 1024 * 1024;
const MEMORY = "2G";
// QEMU 7.2 emulates cmpxchg16b wrongly, which crashes Linux 6.12; without the feature, kernels avoid it.
const MACHINE =
  `-machine q35,accel=tcg -cpu max,-cx16 -smp 2 -m ${MEMORY} -nographic -no-reboot -nodefaults -serial stdio`.split(
    " ",
  );

export interface Machine {
  readonly kernel: Kernel;
  readonly disks: readonly string[];
  /** `0.17:fentry`, … */
  readonly cells: readonly string[];
  /** Extra options of the kernel's command line. */
  readonly append: string;
  /** Where the output of the cells is unpacked. */
  readonly folder: string;
  readonly timeoutMs: number;
  /** Receives each progress line of the guest. */
  readonly report: (line: string) => void;
}

/** Boots a kernel that runs the cells, and waits until it powers off. */
export async function runMachine({ kernel, disks, cells, append, folder, timeoutMs, report }: Machine): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const result = join(folder, "result.img");
  writeFileSync(result, "");
  truncateSync(result, RESULT_BYTES);
  const drives = [...disks.map((file) => `file=${file},readonly=on`), `file=${result}`].flatMap((drive) => [
    "-drive",
    `${drive},format=raw,if=virtio,cache=unsafe`,
  ]);
  const line = `console=ttyS0 panic=-1 quiet loglevel=3 tcptrace.cells=${cells.join(",")} ${append}`;
  const words = [...MACHINE, "-kernel", kernel.vmlinuz, "-initrd", kernel.initrd, ...drives, "-append", line];
  const machine = spawn("qemu-system-x86_64", words, { stdio: ["ignore", "pipe", "pipe"] });
  const consoleLog = join(folder, "console.log");
  const log = createWriteStream(consoleLog);
  machine.stdout.pipe(log);
  machine.stderr.pipe(log, { end: false });
  createInterface({ input: machine.stdout }).on("line", (text) => {
    const said = /GUEST (.*)/.exec(text)?.[1];
    if (said !== undefined) report(said.trim());
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    machine.kill("SIGKILL");
  }, timeoutMs);
  const end = await new Promise<number | string | null>((resolve) => {
    machine.once("close", (status, signal) => resolve(status ?? signal));
    machine.once("error", ({ message }) => resolve(message));
  });
  clearTimeout(timer);
  if (isLate) throw new Failure(`the machine did not finish within ${timeoutMs / 1000} s: see ${consoleLog}`);
  if (end !== 0) throw new Failure(`qemu-system-x86_64 ended with ${end}: see ${consoleLog}`);
  run("tar", ["-xf", result, "-C", folder]);
}
