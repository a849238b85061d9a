import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/**
 * The executable file of this name in $PATH (`path`); null when there is none. Relative and empty entries are skipped:
 * root must not run a program from the current directory.
 */
export function findExecutable(name: string, path: string = process.env["PATH"] ?? ""): string | null {
  for (const directory of path.split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    const file = join(directory, name);
    if (isExecutable(file)) return file;
  }
  return null;
}

/** As findExecutable(), and in /usr/sbin and /sbin, which an ordinary user's $PATH lacks on Debian. */
export function findSystemTool(name: string): string | null {
  return findExecutable(name) ?? findExecutable(name, "/usr/sbin:/sbin");
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    // A directory is "executable" too.
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
