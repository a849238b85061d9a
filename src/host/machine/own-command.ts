import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { safeText } from "../../base/text.ts";
import { findExecutable } from "./path-search.ts";

/** How tcptrace was started. */
export interface Launch {
  /** The node that runs it. */
  readonly node: string;
  /** The script that node was given. */
  readonly script: string;
  /** The words after it. */
  readonly words: readonly string[];
  /** Null when it no longer exists. */
  readonly directory: string | null;
  readonly path: string;
  readonly isRoot: boolean;
  /** The folders in which sudo looks for a command, on every distribution. */
  readonly securePath: string;
}

/** How a user runs tcptrace again: commands that work as they stand. */
export interface OwnCommand {
  /** With the user's own rights: `tcptrace`, or `./tcptrace` in a checkout. */
  readonly plain: string;
  /** As root, where the user can be: `sudo tcptrace`, by absolute paths where sudo would not find that, or `./tcptrace`. */
  readonly asRoot: string;
  /** What runs now, by root: `sudo tcptrace top -b`, or by absolute paths. */
  readonly againAsRoot: string;
}

/** sudo's secure_path leaves out /usr/local on Red Hat's and SUSE's systems. */
const SECURE_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

export function ownCommand(launch: Launch = thisLaunch()): OwnCommand {
  const script = realPath(launch.script);
  const shim = shimOf(launch, script);
  const plain = plainCommand(launch, script, shim);
  const absolute = launch.isRoot ? plain : sudoCommand(launch, script);
  const asRoot = plain === shim ? shim : absolute;
  return { plain, asRoot, againAsRoot: [absolute, ...launch.words.map(shellWord)].join(" ") };
}

function thisLaunch(): Launch {
  const [, script = "", ...words] = process.argv;
  const path = process.env["PATH"] ?? "";
  const isRoot = process.geteuid?.() === 0;
  return {
    node: process.execPath,
    script,
    words,
    directory: workingDirectory(),
    path,
    isRoot,
    securePath: SECURE_PATH,
  };
}

/** A checkout has a `tcptrace` beside build/, which finds node and asks sudo by itself. */
function shimOf({ directory }: Launch, script: string): string | null {
  const checkout = dirname(dirname(script));
  if (findExecutable("tcptrace", checkout) === null) return null;
  return checkout === directory ? "./tcptrace" : shellWord(join(checkout, "tcptrace"));
}

function plainCommand({ node, path }: Launch, script: string, shim: string | null): string {
  if (isFound("tcptrace", path, script)) return "tcptrace";
  return shim ?? `${shellWord(node)} ${shellWord(script)}`;
}

function sudoCommand({ node, securePath }: Launch, script: string): string {
  // The script's first line has node found in sudo's PATH, too.
  const isShort = isFound("tcptrace", securePath, script) && isFound("node", securePath, node);
  return isShort ? "sudo tcptrace" : `sudo ${shellWord(node)} ${shellWord(script)}`;
}

function isFound(name: string, path: string, file: string): boolean {
  const found = findExecutable(name, path);
  return found !== null && realPath(found) === realPath(file);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

/** A word as a shell reads it, safe to print. */
function shellWord(word: string): string {
  return safeText(/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
}
