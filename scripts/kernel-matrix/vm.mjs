// A machine in QEMU, by software emulation: it needs no KVM, and is the same everywhere.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure, run } from "./packages.mjs";

const RESULT_BYTES = 256 * 1024 * 1024;
const MEMORY = "2G";

/**
 * Boots a kernel, which runs `cells` (`0.17:fentry`, …), until it has switched itself off; unpacks what they left into
 * `folder`. `tell` gets each line in which the guest says how far it is.
 */
export async function runMachine({ kernel, disks, cells, folder, timeoutMs, append: more = "", tell }) {
  mkdirSync(folder, { recursive: true });
  const result = join(folder, "result.img");
  writeFileSync(result, "");
  truncateSync(result, RESULT_BYTES);
  const drives = [...disks.map((file) => [file, ",readonly=on"]), [result, ""]].flatMap(([file, extra]) => [
    "-drive",
    `file=${file},format=raw,if=virtio,cache=unsafe${extra}`,
  ]);
  const append = `console=ttyS0 panic=-1 quiet loglevel=3 tcptrace.cells=${cells.join(",")} ${more}`;
  // QEMU 7.2 emulates cmpxchg16b wrongly, which Linux 6.12 dies of; without it kernels have another way.
  const words =
    `-machine q35,accel=tcg -cpu max,-cx16 -smp 2 -m ${MEMORY} -nographic -no-reboot -nodefaults -serial stdio`.split(
      " ",
    );
  words.push("-kernel", kernel.vmlinuz, "-initrd", kernel.initrd, ...drives, "-append", append);
  const machine = spawn("qemu-system-x86_64", words, { stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(folder, "console.log"));
  machine.stdout.pipe(log);
  machine.stderr.pipe(log, { end: false });
  createInterface({ input: machine.stdout }).on("line", (line) => {
    const said = /GUEST (.*)/.exec(line)?.[1];
    if (said !== undefined) tell(said.trim());
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    machine.kill("SIGKILL");
  }, timeoutMs);
  const code = await new Promise((resolve) => {
    machine.once("close", (status, signal) => resolve(status ?? signal));
    machine.once("error", ({ message }) => resolve(message));
  });
  clearTimeout(timer);
  if (isLate)
    throw new Failure(`the machine was not done in ${timeoutMs / 1000} s: see ${join(folder, "console.log")}`);
  if (code !== 0) throw new Failure(`qemu-system-x86_64 ended with ${code}: see ${join(folder, "console.log")}`);
  run("tar", ["-xf", result, "-C", folder]);
}
