import { spawn } from "@lydell/node-pty";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";

/** `./tcptrace`, in a checkout of its own, on a machine where the only Node.js are small scripts in fake homes. */
const SHIM = fileURLToPath(new URL("../../tcptrace", import.meta.url));

const NOBODY = 65_534;
/** Owns a checkout, and asks sudo. */
const ALICE = 12_345;
/** Who must not decide what root runs. */
const MALLORY = 23_456;

const TOOLS = "awk cut dirname getent id ls readlink sed sh sort tr".split(" ");

const NODES = [
  ".nvm/versions/node/v22.1.0/bin/node",
  ".volta/tools/image/node/22.1.0/bin/node",
  ".asdf/installs/nodejs/22.1.0/bin/node",
  ".local/share/mise/installs/node/22.1.0/bin/node",
  ".local/share/fnm/node-versions/v22.1.0/installation/bin/node",
  ".fnm/node-versions/v22.1.0/installation/bin/node",
  ".local/bin/node",
  "n/bin/node",
];

let folder: string;
let checkout: string;
let home: string;

/** Anybody may enter what is made here, and only root may write there. */
function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return path;
}

function makeProgram(path: string, text: string): string {
  makeFolder(dirname(path));
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A Node.js that says who runs it, as whom and with what. A version manager's says that the real one is elsewhere. */
function makeNode(path: string, version = "22.1.0", real = "$0"): string {
  return makeProgram(path, `if [ "$1" = -p ]; then echo "${version} ${real}"; else echo "$0 as $(id -u):" "$@"; fi`);
}

/** Gives a path and all below it to somebody. */
function give(path: string, uid: number): void {
  execFileSync("chown", ["-R", `${uid}:${uid}`, path]);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tcptrace-shim-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  checkout = makeFolder(join(folder, "check out"));
  home = makeFolder(join(folder, "home"));
  copyFileSync(SHIM, join(checkout, "tcptrace"));
  makeProgram(join(checkout, "build/cli.js"), "");
  makeFolder(join(checkout, "node_modules"));
  writeFileSync(join(checkout, "node_modules/.package-lock.json"), "{}");
  const tools = makeFolder(join(folder, "tools"));
  for (const tool of TOOLS)
    symlinkSync(execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), join(tools, tool));
  makeFolder(join(folder, "bin"));
  writeFileSync(
    join(folder, "passwd"),
    `root:x:0:0::${home}:/bin/sh\nalice:x:${ALICE}:${ALICE}::${home}:/bin/sh\nmallory:x:${MALLORY}:${MALLORY}::/:/bin/sh\n`,
  );
  writeFileSync(
    join(folder, "group"),
    `root:x:0:\nalice:x:${ALICE}:\nmallory:x:${MALLORY}:\nteam:x:34567:alice,mallory\n`,
  );
  // It lets nobody in where the file `refuse` is.
  makeProgram(join(folder, "sudo"), `[ "$1" != -l ] || { [ ! -e ${folder}/refuse ]; exit; }\necho "sudo:" "$@"`);
});

interface Start {
  /** Who runs it. */
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The words that run `./tcptrace` where no other Node.js is installed than those that the test made. */
function commandOf(words: readonly string[], { uid = 0, env = {} }: Start): string[] {
  const script = `mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group &&
    mount -t tmpfs tmpfs /opt && mount -t tmpfs tmpfs /usr/local && mkdir /usr/local/bin &&
    if [ -e "$0/no-sudo" ]; then [ ! -e /usr/bin/sudo ] || mount --bind "$0/passwd" /usr/bin/sudo
    elif [ -e /usr/bin/sudo ]; then mount --bind "$0/sudo" /usr/bin/sudo; else cp "$0/sudo" /usr/local/bin/; fi &&
    if [ -e "$0/opt" ]; then cp -a "$0/opt/." /opt; fi &&
    exec setpriv --reuid "$1" --regid "$1" --clear-groups -- env -i "PATH=$0/bin:$0/tools" "HOME=$2" "\${@:3}"`;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const program = join(checkout, "tcptrace");
  return [
    "--mount",
    "--propagation",
    "private",
    "bash",
    "-c",
    script,
    folder,
    String(uid),
    home,
    ...variables,
    program,
    ...words,
  ];
}

/** Runs it without a terminal: what it says, and its exit code. */
function run(words: readonly string[] = ["top"], start: Start = {}): { readonly said: string; readonly code: number } {
  try {
    const said = execFileSync("unshare", commandOf(words, start), {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { said, code: 0 };
  } catch (error) {
    if (!(error instanceof Error && "stderr" in error && "status" in error)) throw error;
    return { said: String(error.stderr), code: Number(error.status) };
  }
}

/** Runs it on a terminal: the lines that are on it in the end. */
async function runOnTerminal(words: readonly string[], start: Start): Promise<string[]> {
  const terminal = spawn("unshare", commandOf(words, start), { cols: 500, rows: 24 });
  let output = "";
  terminal.onData((data) => {
    output += data;
  });
  await new Promise((resolve) => terminal.onExit(resolve));
  return output.trim().split("\r\n");
}

/** What the fake node at this path says of itself. */
function ran(node: string, words = "top", uid = 0): { readonly said: string; readonly code: number } {
  return { said: `${node} as ${uid}: ${join(checkout, "build/cli.js")} ${words}\n`, code: 0 };
}

function refused(said: string): { readonly said: string; readonly code: number } {
  return { said: `tcptrace: ${said}\n`, code: 1 };
}

describe("as root", NEEDS_ROOT, () => {
  test("$PATH's node runs the command with its words", () => {
    const node = makeNode(join(folder, "bin/node"), "20.19.0");
    expect(run(["top", "--filter", "proc:a b"])).toEqual(ran(node, "top --filter proc:a b"));
  });

  test.each(NODES)("~/%s is found", (path) => {
    const node = makeNode(join(home, path));
    expect(run()).toEqual(ran(node));
  });

  test("/opt/node20 is found", () => {
    makeNode(join(folder, "opt/node20/bin/node"));
    expect(run()).toEqual(ran("/opt/node20/bin/node"));
  });

  test("the newest of several is taken", () => {
    for (const version of ["9.9.9", "20.19.5", "22.1.0"]) {
      makeNode(join(home, `.nvm/versions/node/v${version}/bin/node`), version);
    }
    expect(run()).toEqual(ran(join(home, ".nvm/versions/node/v22.1.0/bin/node")));
  });

  test.each(["18.20.4", "20.18.3", "0.10.48"])("Node.js %s is refused in one line", (version) => {
    const node = makeNode(join(folder, "bin/node"), version);
    expect(run()).toEqual(refused(`${node} is Node.js ${version}: install Node.js 20.19 or later`));
  });

  test("one that is too old in $PATH does not hide a newer one", () => {
    makeNode(join(folder, "bin/node"), "18.20.4");
    const node = makeNode(join(home, ".nvm/versions/node/v20.19.0/bin/node"), "20.19.0");
    expect(run()).toEqual(ran(node));
  });

  test("none, or one that does not run, is said in one line", () => {
    expect(run()).toEqual(refused("no Node.js found: install Node.js 20.19 or later"));
    makeProgram(join(folder, "bin/node"), "exit 126");
    expect(run()).toEqual(refused("no Node.js found: install Node.js 20.19 or later"));
  });

  test("a version manager's script chooses, and what it chose runs", () => {
    const real = makeNode(join(folder, "elsewhere/node"));
    makeNode(join(folder, "bin/node"), "22.1.0", real);
    expect(run()).toEqual(ran(real));
  });

  const unsafe: readonly [string, (node: string) => string][] = [
    ["belongs to another user", (node) => (chownSync(node, MALLORY, 0), node)],
    ["can be written by everybody", (node) => (chmodSync(node, 0o757), node)],
    ["can be written by a group", (node) => (chownSync(node, 0, 34_567), chmodSync(node, 0o775), node)],
    ["is in a folder of another user", (node) => (chownSync(dirname(node), MALLORY, 0), dirname(node))],
    ["is in a folder that everybody can write", (node) => (chmodSync(dirname(node), 0o777), dirname(node))],
    [
      "is below a folder that everybody can write",
      (node) => (chmodSync(dirname(dirname(node)), 0o777), dirname(dirname(node))),
    ],
  ];

  test.each(unsafe)("a node that %s is not run", (_, spoil) => {
    const culprit = spoil(makeNode(join(folder, "usr/bin/node")));
    symlinkSync(join(folder, "usr/bin/node"), join(folder, "bin/node"));
    const why = `${culprit} can be changed by other users, so root does not run it`;
    expect(run()).toEqual(refused(`${why}: install Node.js 20.19 or later`));
  });

  test("a node that an access list lets another user write is not run", () => {
    const node = makeNode(join(folder, "bin/node"));
    // linux/posix_acl_xattr.h: the owner, MALLORY, the group, the mask, others.
    const entries = `(1, 7, -1), (2, 7, ${MALLORY}), (4, 5, -1), (16, 7, -1), (32, 5, -1)`;
    const acl = `b"".join([struct.pack("<I", 2)] + [struct.pack("<HHi", *entry) for entry in [${entries}]])`;
    const script = `import os, struct, sys; os.setxattr(sys.argv[1], "system.posix_acl_access", ${acl})`;
    execFileSync("python3", ["-c", script, node]);
    expect(run().said).toContain(`${node} can be changed by other users`);
  });

  test("what a version manager's script chose is not run either", () => {
    const real = makeNode(join(folder, "elsewhere/node"));
    chownSync(real, MALLORY, 0);
    makeNode(join(folder, "bin/node"), "22.1.0", real);
    expect(run().said).toContain(`${real} can be changed by other users`);
  });

  test("a folder that all may write, but in which only owners replace files, is safe", () => {
    const node = makeNode(join(folder, "bin/node"));
    chmodSync(dirname(node), 0o1777);
    expect(run()).toEqual(ran(node));
  });
});

describe("through sudo", NEEDS_ROOT, () => {
  const sudo = { env: { SUDO_UID: String(ALICE) } };

  beforeEach(() => give(home, ALICE));

  test("the caller's node runs the caller's checkout", () => {
    give(checkout, ALICE);
    const node = makeNode(join(home, ".nvm/versions/node/v22.1.0/bin/node"));
    give(home, ALICE);
    expect(run(["top"], sudo)).toEqual(ran(node));
  });

  test("a group that has the caller alone may write it", () => {
    give(checkout, ALICE);
    const node = makeNode(join(home, "n/bin/node"));
    give(home, ALICE);
    execFileSync("chmod", ["-R", "g+w", home]);
    expect(run(["top"], sudo)).toEqual(ran(node));
    chownSync(node, ALICE, 34_567);
    chmodSync(node, 0o775);
    expect(run(["top"], sudo).said).toContain(`${node} can be changed by other users`);
  });

  test("the caller's node does not run somebody else's checkout", () => {
    makeNode(join(home, ".nvm/versions/node/v22.1.0/bin/node"));
    give(home, ALICE);
    const advice = "install Node.js 20.19 or later for root, or run this without sudo";
    // root's own home has it too here, where it is not root's.
    const why = `${join(home, ".nvm/versions/node/v22.1.0/bin/node")} can be changed by other users`;
    expect(run(["top"], sudo)).toEqual(refused(`${why}, so root does not run it: ${advice}`));
  });
});

describe("as a user", NEEDS_ROOT, () => {
  let node: string;
  const user = { uid: ALICE };

  beforeEach(() => {
    give(checkout, ALICE);
    node = makeNode(join(home, ".nvm/versions/node/v22.1.0/bin/node"));
    give(home, ALICE);
  });

  test("a live view gets root through sudo, by absolute paths, and says so", async () => {
    const words = ["top", "-b", "--filter", "proc:a b"];
    const command = `${node} ${join(checkout, "build/cli.js")} ${words.join(" ")}`;
    const said = "tcptrace: asking sudo for root, to see every process";
    expect(await runOnTerminal(words, user)).toEqual([said, `sudo: -- ${command}`]);
    const env = { TCPTRACE_PROBES: "basic", NO_COLOR: "1" };
    expect(await runOnTerminal(words, { ...user, env })).toEqual([
      said,
      `sudo: TCPTRACE_PROBES=basic NO_COLOR=1 -- ${command}`,
    ]);
  });

  test("where nobody is asked, it says at once that it starts", async () => {
    writeFileSync(join(folder, "no-sudo"), "");
    expect(await runOnTerminal(["leaks"], user)).toEqual(["tcptrace: starting", ran(node, "leaks", ALICE).said.trim()]);
    execFileSync("chown", ["-R", "0:0", checkout, home]);
    expect(await runOnTerminal(["leaks"], {})).toEqual(["tcptrace: starting", ran(node, "leaks").said.trim()]);
  });

  test("refused by sudo, it runs all the same", async () => {
    writeFileSync(join(folder, "refuse"), "");
    const lines = await runOnTerminal(["leaks"], user);
    expect(lines.at(-1)).toBe(ran(node, "leaks", ALICE).said.trim());
  });

  test("without a terminal nobody is asked", () => {
    expect(run(["leaks"], user)).toEqual(ran(node, "leaks", ALICE));
  });

  test.each([
    "--help",
    "--version",
    "help top",
    "top --help",
    "top -r run.tct",
    "top --read run.tct",
    "leaks --read=run.tct",
    "explain close-wait",
    "export -r run.tct",
  ])("%s needs no root", async (line) => {
    const words = line.split(" ");
    expect(await runOnTerminal(words, user)).toEqual([ran(node, line, ALICE).said.trim()]);
  });

  test.each([
    ["node", () => node],
    ["the checkout", () => checkout],
  ])("sudo does not get what a third user can write: %s", async (_, path) => {
    chmodSync(path(), 0o757);
    const lines = await runOnTerminal(["top"], user);
    expect(lines).toEqual([
      `tcptrace: ${path()} can be changed by other users, so it is not run as root`,
      ran(node, "top", ALICE).said.trim(),
    ]);
  });

  test("a user without a home or a name may run it too", () => {
    const found = makeNode(join(folder, "bin/node"));
    expect(run(["top"], { uid: NOBODY, env: { HOME: "/nonexistent" } })).toEqual(ran(found, "top", NOBODY));
  });
});

describe("a checkout that is not built, or only in part", NEEDS_ROOT, () => {
  test.each<[string, () => void]>([
    ["never", () => rmSync(join(checkout, "build"), { recursive: true })],
    ["interrupted while it installed", () => rmSync(join(checkout, "node_modules/.package-lock.json"))],
    ["interrupted while it compiled", () => chmodSync(join(checkout, "build/cli.js"), 0o644)],
  ])("%s: says what to type", (_, damage) => {
    makeNode(join(folder, "bin/node"));
    damage();
    expect(run()).toEqual(refused(`not built yet, type: cd '${checkout}' && npm ci`));
    give(checkout, ALICE);
    expect(run()).toEqual(refused(`not built yet, type: cd '${checkout}' && npm ci, as its owner (alice)`));
    expect(run(["top"], { uid: ALICE })).toEqual(refused(`not built yet, type: cd '${checkout}' && npm ci`));
  });
});
