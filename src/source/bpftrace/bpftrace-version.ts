import { execa } from "execa";
import { debug } from "../../base/debug.ts";
import { findExecutable } from "../../host/machine/path-search.ts";

/** The bpftrace in $PATH. */
export interface BpftraceVersion {
  readonly path: string;
  /** Without the v and without the distribution's suffix: `0.17.0`. */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
}

/** Long, because an overloaded machine is slow, and running without bpftrace costs the user more. */
const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_CHARS = 4096;

/** Reads `bpftrace v0.17.0`, `bpftrace 0.20.2-1ubuntu4`, `bpftrace v0.21.0-123-gabcdef`; null for any other text. */
export function parseBpftraceVersion(text: string): Omit<BpftraceVersion, "path"> | null {
  const [, major, minor, patch] = /^bpftrace\s+v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?!\d)/m.exec(text) ?? [];
  if (major === undefined || minor === undefined) return null;
  const version = patch === undefined ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
  return { version, major: Number(major), minor: Number(minor) };
}

/** Asks the bpftrace in $PATH for its version; null when there is none, or no usable answer within 30 s. */
export async function bpftraceVersion(signal?: AbortSignal): Promise<BpftraceVersion | null> {
  const path = findExecutable("bpftrace");
  if (path === null) return null;
  const child = execa(path, ["--version"], {
    reject: false,
    stdin: "ignore",
    stderr: "ignore",
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_CHARS,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  // A wrapper's own child may live on and hold the pipe open: don't wait for it.
  child.once("exit", (_code, killedBy) => {
    if (killedBy !== null) child.stdout.destroy();
  });
  const { failed, stdout, shortMessage } = await child;
  if (failed && signal?.aborted !== true) debug(`${path} --version`, shortMessage);
  const version = failed ? null : parseBpftraceVersion(stdout);
  return version === null ? null : { path, ...version };
}
