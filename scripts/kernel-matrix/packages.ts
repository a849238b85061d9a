// Downloads packages of any Debian suite into a cache and unpacks them, with a separate apt state: the machine's own
// apt is not changed. The mirror and its keys come from the machine's sources.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { Failure, run } from "./run.ts";

const FETCH_MS = 300_000;
const HOUR_MS = 3_600_000;

export const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tcptrace-kernel-matrix");

/** Where the packages of a suite are unpacked. */
export function rootOf(suite: string): string {
  return join(CACHE, "roots", suite);
}

/** Has the keys of all suites; apt's own are the fallback. */
const KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The machine's Debian mirror, as `[signed-by=…] URI`. */
function mirror(): string {
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  // Without the option, apt prints none if its lists were removed, as in container images.
  const words = ["indextargets", "--no-release-info", "--format", "$(REPO_URI)|$(RELEASE)", "Created-By: Packages"];
  const targets = run("apt-get", words).trim().split("\n");
  const own = targets.map((line) => line.split("|")).find(([, release]) => release === suite);
  if (own === undefined) throw new Failure("the machine's apt sources name no mirror of Debian");
  return `${existsSync(KEYS) ? `[signed-by=${KEYS}] ` : ""}${own[0]}`;
}

interface Package {
  readonly name: string;
  readonly version: string;
  /** Its file name. */
  readonly file: string;
}

/** The packages of one suite. */
export class Suite {
  readonly name: string;
  readonly #folder: string;
  readonly #options: readonly string[];

  constructor(name: string) {
    this.name = name;
    this.#folder = join(CACHE, "apt", name);
    this.#options = [
      ["Dir::Etc::sourcelist", join(this.#folder, "sources.list")],
      ["Dir::Etc::sourceparts", "/dev/null"],
      ["Dir::State::lists", join(this.#folder, "lists")],
      ["Dir::State::status", join(this.#folder, "status")],
      ["Dir::Cache", join(this.#folder, "cache")],
      ["APT::Sandbox::User", "root"],
      ["APT::Get::List-Cleanup", "false"],
      ["Acquire::Languages", "none"],
      ["Acquire::Retries", "3"],
      ["Acquire::http::Timeout", "20"],
    ].flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  }

  #apt(tool: string, ...words: readonly string[]): string {
    return run(tool, [...words, ...this.#options], { timeout: FETCH_MS, cwd: join(this.#folder, "debs") });
  }

  /** Updates the suite's package list, unless it was read within the hour. */
  #update(): void {
    for (const part of ["lists/partial", "cache/archives/partial", "debs"]) {
      mkdirSync(join(this.#folder, part), { recursive: true });
    }
    writeFileSync(join(this.#folder, "sources.list"), `deb ${mirror()} ${this.name} main\n`);
    // An empty status: no package counts as installed, so apt prints all dependencies.
    writeFileSync(join(this.#folder, "status"), "");
    // Not the time of apt's own cache, which is rebuilt whenever the lists are read.
    const read = join(this.#folder, "lists-read");
    if (isYoung(read)) return;
    try {
      this.#apt("apt-get", "update", "-o", "APT::Update::Error-Mode=any");
    } catch (error) {
      // If the mirror is down, use the cached list.
      if (!(error instanceof Failure)) throw error;
      if (existsSync(read)) return console.error(`using the cached list of ${this.name}: ${error.message}`);
      throw new Failure(`cannot read the list of suite ${this.name}: ${error.message}`);
    }
    writeFileSync(read, "");
  }

  /** Downloads packages with their dependencies; returns the files. */
  download(names: readonly string[]): string[] {
    const files = this.#needed(names).map(({ file }) => join(this.#folder, "cache/archives", file));
    if (files.some((file) => !existsSync(file))) this.#apt("apt-get", ...INSTALL, "--download-only", ...names);
    return this.#all(files);
  }

  /** Downloads the packages of the newest kernel, without the tools that install it; returns the files. */
  downloadKernel(): string[] {
    const packages = this.#needed(["linux-image-cloud-amd64"]).filter(({ name }) => KERNEL.test(name));
    const place = ({ file }: Package): string => join(this.#folder, "debs", file);
    const missing = packages.filter((one) => !existsSync(place(one)));
    if (missing.length > 0) {
      this.#apt("apt-get", "download", ...missing.map(({ name, version }) => `${name}=${version}`));
    }
    return this.#all(packages.map(place));
  }

  #needed(names: readonly string[]): Package[] {
    this.#update();
    const plan = this.#apt("apt-get", ...INSTALL, "--simulate", ...names);
    return [...plan.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)].map(
      ([, name = "", version = "", architecture = ""]) => ({
        name,
        version,
        file: `${name}_${version.replaceAll(":", "%3a")}_${architecture}.deb`,
      }),
    );
  }

  #all(files: string[]): string[] {
    const lost = files.find((file) => !existsSync(file));
    if (files.length === 0 || lost !== undefined) {
      throw new Failure(`${this.name}: ${lost ?? "packages"} not downloaded`);
    }
    return files;
  }
}

function isYoung(file: string): boolean {
  return existsSync(file) && Date.now() - statSync(file).mtimeMs < HOUR_MS;
}

const INSTALL = ["install", "--yes", "--no-install-recommends"];
const KERNEL = /^linux-(image|binary|modules)-\d/;
const MERGED = ["bin", "sbin", "lib", "lib64"];
const NOT_NEEDED = [
  "usr/share/doc",
  "usr/share/man",
  "usr/share/locale",
  "usr/share/info",
  "usr/share/bash-completion",
];

/** Unpacks packages into a folder, unless that is already done. */
export function unpack(files: readonly string[], folder: string): void {
  const stamp = join(folder, ".packages");
  const wanted = files
    .map((file) => basename(file))
    .toSorted()
    .join("\n");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const partial = `${folder}.new`;
  rmSync(partial, { recursive: true, force: true });
  for (const part of MERGED) {
    mkdirSync(join(partial, "usr", part), { recursive: true });
    symlinkSync(`usr/${part}`, join(partial, part));
  }
  for (const file of files) {
    const script = 'set -o pipefail; dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"';
    run("bash", ["-c", script, "bash", file, partial]);
  }
  for (const part of NOT_NEEDED) rmSync(join(partial, part), { recursive: true, force: true });
  writeFileSync(join(partial, ".packages"), wanted);
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}

/** Files below a folder whose path ends with this suffix. */
export function filesBelow(folder: string, end: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name));
}
