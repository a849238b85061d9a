import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";

const LIMIT_MS = 120_000;
const MOST_BYTES = 64 * 1024 * 1024;

/** An error for the user, in one line. */
export class Failure extends Error {}

/** Runs a program and returns its stdout. Throws a Failure with its last line if it fails or times out. */
export function run(
  file: string,
  words: readonly string[],
  { timeout = LIMIT_MS, cwd }: Pick<ExecFileSyncOptionsWithStringEncoding, "timeout" | "cwd"> = {},
): string {
  try {
    return execFileSync(file, words, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: MOST_BYTES,
      timeout,
      cwd,
    });
  } catch (error) {
    throw new Failure(`${file} ${words.slice(0, 2).join(" ")} …: ${reasonOf(error, timeout)}`);
  }
}

function reasonOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ETIMEDOUT") return `took more than ${timeout / 1000} s`;
  const stderr = "stderr" in error ? String(error.stderr) : "";
  return lastLine(stderr) || (error.message.split("\n")[0] ?? "");
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
