import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import { debug } from "../../base/debug.ts";

/** Writes to stdout, and waits where its reader is slower than we are, so that nothing piles up in memory. */
export async function writeOut(text: string | Buffer, signal: AbortSignal): Promise<void> {
  if (text.length === 0 || process.stdout.write(text) || process.stdout.destroyed) return;
  // A reader that has stopped reading must not keep us from ending.
  const deadline = signal.aborted ? AbortSignal.timeout(2000) : signal;
  await once(process.stdout, "drain", { signal: deadline }).catch(() => {});
}

/** One line for people on stderr. */
export function say(line: string): void {
  process.stderr.write(`tcptrace: ${line}\n`);
}

/**
 * Calls `gone` when the reader of stdout, such as `head -1`, has gone. Without it that would show only at the next write,
 * and on a quiet machine there is none for long. Node can't wait for it, but coreutils' `tail -f` does (POLLERR), and ends
 * by SIGPIPE. Returns what ends the watch.
 */
export function watchReader(gone: () => void): () => void {
  if (!fstatSync(1).isFIFO()) return () => {};
  const tail = spawn("tail", ["-f", `--pid=${process.pid}`, "/dev/null"], { stdio: ["ignore", "inherit", "ignore"] });
  tail.on("error", (error) => debug("cannot watch the reader of stdout", error));
  tail.on("exit", (_code, signal) => {
    if (signal === "SIGPIPE") gone();
  });
  tail.unref();
  return () => tail.kill();
}
