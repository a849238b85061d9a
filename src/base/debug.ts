import { cutText, safeText } from "./text.ts";

const MAX_CHARS = 500;

/** Writes a line; null while debugging is off. */
let write: ((line: string) => void) | null = null;

/** Turns debugging on. Only the entry point calls this: it alone reads TCPTRACE_DEBUG. */
export function enableDebug(to: (line: string) => void): void {
  write = to;
}

/** Reports an error that tcptrace has handled. Does nothing while debugging is off. */
export function debug(what: string, error: unknown): void {
  write?.(cutText(safeText(`${what}: ${String(error)}`), MAX_CHARS));
}
