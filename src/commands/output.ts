import { once } from "node:events";

/** Writes to stdout, and waits where its reader is slower than we are, so that nothing piles up in memory. */
export async function writeOut(text: string, signal: AbortSignal): Promise<void> {
  if (text === "" || process.stdout.write(text) || process.stdout.destroyed) return;
  // A reader that has stopped reading must not keep us from ending.
  const deadline = signal.aborted ? AbortSignal.timeout(2000) : signal;
  await once(process.stdout, "drain", { signal: deadline }).catch(() => {});
}

/** One line for people on stderr. */
export function say(line: string): void {
  process.stderr.write(`tcptrace: ${line}\n`);
}
