// Kernels to boot, each with an initramfs: a busybox that loads the modules for the disks and mounts them.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { CACHE, type Suite, filesBelow, rootOf, unpack } from "./packages.ts";
import { Failure, run } from "./run.ts";
import { PROJECT } from "../project.ts";

const MEBIBYTE = 1024 * 1024;

/** Modules that find and mount the disks, and those that `ss` needs; skipped if built into the kernel. */
const MODULES = "virtio_pci virtio_blk crc32c_generic crc32c-cryptoapi ext4 tcp_diag".split(" ");

/** A kernel to boot. */
export interface Kernel {
  readonly vmlinuz: string;
  readonly initrd: string;
  readonly release: string;
}

/** The kernel of a suite, with an initramfs that mounts the disks. */
export function kernelOf(suite: Suite): Kernel {
  const folder = join(CACHE, "kernels", suite.name);
  unpack(suite.downloadKernel(), folder);
  // In /boot, or since about Linux 7.2 beside the modules.
  const vmlinuz = filesBelow(folder, "").find((file) => /^vmlinuz(-|$)/.test(basename(file)));
  if (vmlinuz === undefined) throw new Failure(`no vmlinuz in the packages of ${suite.name}`);
  const [release = ""] = readdirSync(join(folder, "lib/modules"));
  const initrd = join(folder, "initrd");
  makeInitrd(initrd, folder);
  return { vmlinuz, initrd, release };
}

function makeInitrd(initrd: string, kernel: string): void {
  const tree = mkdtempSync(join(tmpdir(), "tcptrace-initrd-"));
  for (const part of ["bin", "dev", "proc", "sys", "new", "modules"]) mkdirSync(join(tree, part));
  copyFileSync(join(rootOf("bookworm"), "bin/busybox"), join(tree, "bin/busybox"));
  copyFileSync(join(PROJECT, "scripts/kernel-matrix/guest/init"), join(tree, "init"));
  for (const [index, file] of modulesInOrder(kernel).entries()) {
    const bytes = moduleBytes(file);
    writeFileSync(join(tree, "modules", `${String(index).padStart(2, "0")}-${nameOf(file)}.ko`), bytes);
  }
  for (const file of ["init", "bin/busybox"]) chmodSync(join(tree, file), 0o755);
  run("sh", ["-c", 'cd "$1" && find . | "$1/bin/busybox" cpio -o -H newc > "$2"', "sh", tree, initrd]);
  rmSync(tree, { recursive: true });
}

/** The module files, each after its dependencies. */
function modulesInOrder(kernel: string): string[] {
  const files = new Map(
    [".ko", ".ko.xz"]
      .flatMap((end) => filesBelow(join(kernel, "lib/modules"), end))
      .map((file) => [nameOf(file), file] as const),
  );
  const ordered: string[] = [];
  const add = (name: string): void => {
    const file = files.get(name.replaceAll("-", "_"));
    if (file === undefined || ordered.includes(file)) return;
    for (const needed of dependenciesOf(file)) add(needed);
    ordered.push(file);
  };
  for (const name of MODULES) add(name);
  return ordered;
}

function nameOf(file: string): string {
  return basename(file)
    .replace(/\.ko(\.xz)?$/, "")
    .replaceAll("-", "_");
}

/** From its .modinfo section: `depends=mbcache,jbd2`. */
function dependenciesOf(file: string): string[] {
  const [, names = ""] = /\0depends=([^\0]*)\0/.exec(moduleBytes(file).toString("latin1")) ?? [];
  return names.split(",").filter((name) => name !== "");
}

function moduleBytes(file: string): Buffer {
  if (!file.endsWith(".xz")) return readFileSync(file);
  const { stdout, status } = spawnSync("xz", ["-dc", file], { maxBuffer: 64 * MEBIBYTE });
  if (status !== 0) throw new Failure(`xz cannot unpack ${basename(dirname(file))}`);
  return stdout;
}
