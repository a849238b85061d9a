import { randomBytes } from "node:crypto";
import { type Stats, constants } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { debug } from "../../base/debug.ts";
import { UserError } from "../../base/errors.ts";
import { safeText } from "../../base/text.ts";
import { type Settings, badSettings, parseSettings } from "./settings.ts";

/** Nobody writes so many by hand. */
const MOST_BYTES = 64 * 1024;

export interface FoundSettings {
  readonly settings: Settings;
  /** Where they are written. */
  readonly path: string;
  /** Why the usual file was not taken; "" when it was, or when there is none. */
  readonly warning: string;
}

/**
 * The settings of the user who runs tcptrace, under sudo root's: a file in a home of somebody else is neither read nor written.
 * `named` is what `--config` says: it has to be there and to make sense, or UserError is thrown. What is wrong with the usual
 * file is a warning: it does not keep anybody from looking.
 */
export async function findSettings(named: string | null): Promise<FoundSettings> {
  if (named !== null) {
    return { settings: parseSettings(await readNamed(named), named), path: named, warning: "" };
  }
  const path = join(await configFolder(), "tcptrace", "config.json");
  try {
    const text = await readUsual(path);
    return { settings: text === null ? {} : parseSettings(text, path), path, warning: "" };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { settings: {}, path, warning: `settings not read: ${error.message}` };
  }
}

/** Writes them in one go. Throws UserError where that can't be done, or not safely. */
export async function writeSettings(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.config-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (!isOurs(await stat(folder))) throw new Error("its folder belongs to somebody else");
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch((removing: unknown) => debug(`cannot remove ${draft}`, removing));
    throw new UserError(
      "write-failed",
      `settings not written to ${safeText(path)}: ${reason(error)}`,
      "name another file with --config",
    );
  }
}

/** $XDG_CONFIG_HOME or ~/.config. sudo may leave both as they were: then the home of the passwd file is taken. */
async function configFolder(): Promise<string> {
  const xdg = process.env["XDG_CONFIG_HOME"] ?? "";
  if (isAbsolute(xdg) && (await isMine(xdg))) return xdg;
  const home = homedir();
  return join(isAbsolute(home) && (await isMine(home)) ? home : userInfo().homedir, ".config");
}

/** Not there is as good as mine: whoever makes it will own it. */
async function isMine(folder: string): Promise<boolean> {
  try {
    return isOurs(await stat(folder));
  } catch (error) {
    if (!isNodeError(error) || error.code !== "ENOENT") debug(`cannot look at ${folder}`, error);
    return process.geteuid?.() !== 0;
  }
}

function isOurs({ uid, mode }: Stats): boolean {
  const me = process.geteuid?.();
  return (uid === me || uid === 0) && (mode & 0o002) === 0;
}

async function readNamed(path: string): Promise<string> {
  try {
    return await read(path, () => true);
  } catch (error) {
    throw badSettings(path, reason(error));
  }
}

async function readUsual(path: string): Promise<string | null> {
  try {
    return await read(path, isOurs);
  } catch (error) {
    if (isNodeError(error) && error.code === "ENOENT") return null;
    throw badSettings(path, reason(error));
  }
}

/* A pipe would keep us waiting without O_NONBLOCK. */
async function read(path: string, isAllowed: (stats: Stats) => boolean): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("it is no file");
    if (!isAllowed(stats)) throw new Error("it belongs to somebody else, or anybody may write it");
    if (stats.size > MOST_BYTES) throw new Error("it is too large for settings");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function reason(error: unknown): string {
  if (isNodeError(error))
    return { ENOENT: "there is no such file", EACCES: "permission denied" }[error.code] ?? error.code;
  return error instanceof Error ? error.message : String(error);
}

function isNodeError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
