import { randomBytes } from "node:crypto";
import { type Stats, constants } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { debug } from "../../base/debug.ts";
import { UserError } from "../../base/errors.ts";
import { safeText } from "../../base/text.ts";
import { type Settings, badSettings, parseSettings } from "./settings.ts";

/** Far more than a settings file needs. */
const MOST_BYTES = 64 * 1024;

export interface FoundSettings {
  readonly settings: Settings;
  /** The file that they are written to. */
  readonly path: string;
  /** Why the default file was not used; "" if it was, or if there is none. */
  readonly warning: string;
}

/**
 * The settings of the user that runs tcptrace, which is root under sudo: files in the home of another user are
 * neither read nor written. `named` is the file of `--config`: UserError is thrown if it is missing or invalid. An
 * error in the default file is only a warning, so that it does not stop `top`.
 */
export async function findSettings(named: string | null): Promise<FoundSettings> {
  if (named !== null) {
    return { settings: parseSettings(await readNamed(named), named), path: named, warning: "" };
  }
  const path = join(await configFolder(), "tcptrace", "config.json");
  try {
    const text = await readDefault(path);
    return { settings: text === null ? {} : parseSettings(text, path), path, warning: "" };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { settings: {}, path, warning: `settings not read: ${error.message}` };
  }
}

/** Replaces the file in one step. Throws UserError if that fails or is unsafe. */
export async function writeSettings(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.config-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (!isOurs(await stat(folder))) throw new Error("its folder belongs to another user, or is writable by everyone");
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
      "pass another --config",
    );
  }
}

/** $XDG_CONFIG_HOME or ~/.config. sudo may leave both as the home of its caller: then the home in passwd is used. */
async function configFolder(): Promise<string> {
  const xdg = process.env["XDG_CONFIG_HOME"] ?? "";
  if (isAbsolute(xdg) && (await isMine(xdg))) return xdg;
  const home = homedir();
  return join(isAbsolute(home) && (await isMine(home)) ? home : userInfo().homedir, ".config");
}

/** A missing folder is fine: the process that creates it owns it. */
async function isMine(folder: string): Promise<boolean> {
  try {
    return isOurs(await stat(folder));
  } catch (error) {
    if (!isNodeError(error) || error.code !== "ENOENT") debug(`cannot stat ${folder}`, error);
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

async function readDefault(path: string): Promise<string | null> {
  try {
    return await read(path, isOurs);
  } catch (error) {
    if (isNodeError(error) && error.code === "ENOENT") return null;
    throw badSettings(path, reason(error));
  }
}

/* Without O_NONBLOCK, opening a named pipe would block. */
async function read(path: string, isAllowed: (stats: Stats) => boolean): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("not a regular file");
    if (!isAllowed(stats)) throw new Error("it belongs to another user, or is writable by everyone");
    if (stats.size > MOST_BYTES) throw new Error("too large for a settings file");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function reason(error: unknown): string {
  if (isNodeError(error)) return { ENOENT: "no such file", EACCES: "permission denied" }[error.code] ?? error.code;
  return error instanceof Error ? error.message : String(error);
}

function isNodeError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
