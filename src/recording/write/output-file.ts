import { type Stats, constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { debug } from "../../base/debug.ts";
import { UserError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import type { Sink } from "./sink.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
const MODE = 0o600;

/** The user that our files belong to: the one that called sudo, or else the one that runs this. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
}

/** The user that called sudo (SUDO_UID, SUDO_GID), if this process is root; otherwise its own user. */
export function findCaller(env: NodeJS.ProcessEnv): Caller {
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const [uid, gid] = [env["SUDO_UID"], env["SUDO_GID"]].map((text) =>
    /^\d{1,10}$/.test(text ?? "") ? Number(text) : null,
  );
  if (own.uid !== 0 || uid === null || uid === undefined) return own;
  return { uid, gid: gid ?? own.gid };
}

/** A recording's file: mode 0600, owned by the caller. A write that fails leaves nothing behind. */
export class OutputFile implements Sink {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #isRegular: boolean;
  bytes = 0;

  private constructor(path: string, file: FileHandle, isRegular: boolean) {
    this.#path = path;
    this.#file = file;
    this.#isRegular = isRegular;
  }

  /**
   * Opens the file and empties it. As root it must not follow another user's link or overwrite another user's file:
   * throws UserError for a link, for a file of another user, and for anything that is not a file or a character device.
   */
  static async open(path: string, caller: Caller): Promise<OutputFile> {
    const { file, isNew } = await openFor(path);
    try {
      const stat = await file.stat();
      if (!isNew) check(path, stat, caller);
      if (stat.isFile()) {
        await file.chmod(MODE);
        await file.truncate(0);
        if (stat.uid !== caller.uid || stat.gid !== caller.gid) await file.chown(caller.uid, caller.gid);
      }
      return new OutputFile(path, file, stat.isFile());
    } catch (error) {
      await file.close().catch((closing: unknown) => debug(`cannot close ${path}`, closing));
      throw failure(path, error);
    }
  }

  async write(bytes: Buffer): Promise<void> {
    let done = 0;
    try {
      while (done < bytes.length) {
        const at = this.#isRegular ? this.bytes + done : null;
        done += (await this.#file.write(bytes, done, bytes.length - done, at)).bytesWritten;
      }
    } catch (error) {
      // Half a line or half a packed member would damage what is written once there is room again.
      if (this.#isRegular) {
        await this.#file
          .truncate(this.bytes)
          .catch((cutting: unknown) => debug(`${this.#path} may end in half a line`, cutting));
      }
      throw failure(this.#path, error);
    }
    this.bytes += done;
  }

  async clear(): Promise<void> {
    try {
      if (this.#isRegular) await this.#file.truncate(0);
    } catch (error) {
      throw failure(this.#path, error);
    }
    this.bytes = 0;
  }

  async close(): Promise<void> {
    try {
      await this.#file.close();
    } catch (error) {
      throw failure(this.#path, error);
    }
  }
}

async function openFor(path: string): Promise<{ readonly file: FileHandle; readonly isNew: boolean }> {
  try {
    return { file: await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, MODE), isNew: true };
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw refusal(path, error);
  }
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a reader.
    return { file: await open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK), isNew: false };
  } catch (error) {
    throw refusal(path, error);
  }
}

function refusal(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (isFull(error)) return error;
  if (code === "ELOOP") return refused(path, "is a symbolic link");
  if (code === "ENXIO") return refused(path, "is not a file");
  return new UserError("cannot-write", `cannot write ${path}: ${reasonOf(error)}`, "pass another path to -w");
}

/** A system error as a UserError; the error itself if the disk is full, or if it is a bug. */
function failure(path: string, error: unknown): unknown {
  if (isFull(error) || !/^E[A-Z0-9]+$/.test(codeOf(error))) return error;
  return new UserError(
    "write-failed",
    `cannot write ${path}: ${reasonOf(error)}`,
    "what was recorded before that can be read",
  );
}

function check(path: string, stat: Stats, caller: Caller): void {
  // Such as /dev/null.
  if (stat.isCharacterDevice()) return;
  if (!stat.isFile()) throw refused(path, "is not a file");
  if (stat.uid !== caller.uid) throw refused(path, `belongs to another user (uid ${stat.uid})`);
  // Under its other name it may be another user's file, or the system's.
  if (stat.nlink !== 1) throw refused(path, "has other names (hard links)");
}

function refused(path: string, why: string): UserError {
  return new UserError("unsafe-output", `refusing to write ${path}: it ${why}`, "pass a new path to -w");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Whether the disk is full, as opposed to any other failure. */
export function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes(codeOf(error));
}
