import { readFileSync } from "node:fs";
import { debug } from "../../base/debug.ts";
import { errorCode } from "./errno.ts";

/** The text of a file that may be missing or unreadable on some machines; null if it can't be read. */
export function readOptional(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (errorCode(error) !== "ENOENT") debug(`cannot read ${path}`, error);
    return null;
  }
}
