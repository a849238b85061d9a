import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Launch, ownCommand } from "#src/host/machine/own-command.ts";

let folder: string;
let launch: Launch;

function makeProgram(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  chmodSync(path, 0o755);
  return path;
}

/** What is in `bin` is found by the user and by sudo, what is in `own` by the user alone. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tcptrace-own-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  launch = {
    node: makeProgram(join(folder, "bin/node")),
    script: makeProgram(join(folder, "lib/tcptrace/build/cli.js")),
    words: ["top", "-b"],
    directory: "/",
    path: `${folder}/own:${folder}/bin`,
    isRoot: false,
    securePath: `${folder}/bin`,
  };
});

function install(into: "bin" | "own"): string {
  const path = join(folder, into, "tcptrace");
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(launch.script, path);
  return path;
}

describe("installed", () => {
  test("where sudo finds it, it goes by its name", () => {
    const installed = { ...launch, script: install("bin") };
    const expected = { plain: "tcptrace", asRoot: "sudo tcptrace", againAsRoot: "sudo tcptrace top -b" };
    expect(ownCommand(installed)).toEqual(expected);
    expect(ownCommand(launch)).toEqual(expected);
  });

  test("where sudo does not find it, root runs it by absolute paths", () => {
    install("own");
    const sudo = `sudo ${launch.node} ${launch.script}`;
    expect(ownCommand(launch)).toEqual({ plain: "tcptrace", asRoot: sudo, againAsRoot: `${sudo} top -b` });
  });

  test("where sudo finds another node, or another tcptrace, too", () => {
    install("bin");
    const node = makeProgram(join(folder, "own/node"));
    expect(ownCommand({ ...launch, node }).asRoot).toBe(`sudo ${node} ${launch.script}`);
    const script = makeProgram(join(folder, "other/build/cli.js"));
    expect(ownCommand({ ...launch, script })).toMatchObject({
      plain: `${launch.node} ${script}`,
      asRoot: `sudo ${launch.node} ${script}`,
    });
  });

  test("root needs no sudo", () => {
    install("own");
    const root = { ...launch, isRoot: true };
    expect(ownCommand(root)).toEqual({ plain: "tcptrace", asRoot: "tcptrace", againAsRoot: "tcptrace top -b" });
  });
});

describe("in a checkout", () => {
  let shim: string;

  beforeEach(() => {
    shim = makeProgram(join(folder, "lib/tcptrace/tcptrace"));
  });

  test("its ./tcptrace runs it, and asks sudo by itself", () => {
    const here = { ...launch, directory: dirname(shim) };
    const againAsRoot = `sudo ${launch.node} ${launch.script} top -b`;
    expect(ownCommand(here)).toEqual({ plain: "./tcptrace", asRoot: "./tcptrace", againAsRoot });
    expect(ownCommand({ ...here, isRoot: true }).againAsRoot).toBe("./tcptrace top -b");
  });

  test.each(["/", null])("from %s by its absolute path", (directory) => {
    expect(ownCommand({ ...launch, directory })).toMatchObject({ plain: shim, asRoot: shim });
  });

  test("that is linked into $PATH goes by its name, and root runs it by absolute paths", () => {
    install("own");
    const asRoot = `sudo ${launch.node} ${launch.script}`;
    expect(ownCommand(launch)).toMatchObject({ plain: "tcptrace", asRoot });
  });
});

test("words are quoted for a shell, and safe to print", () => {
  const words = ["top", "--filter", "proc:a !dst:10.0.0.0/8 it's", "", "\u001B[2J"];
  expect(ownCommand({ ...launch, words }).againAsRoot).toBe(
    String.raw`sudo ${launch.node} ${launch.script} top --filter 'proc:a !dst:10.0.0.0/8 it'\''s' '' '\x1b[2J'`,
  );
});
