import { existsSync } from "node:fs";
import { availableParallelism, constants, release, setPriority } from "node:os";
import { execa, execaSync } from "execa";
import { debug } from "../../base/debug.ts";
import { safeText } from "../../base/text.ts";
import { parseRelease } from "../../host/kernel/kernel.ts";
import { onlineCpus } from "../../host/machine/cpus.ts";
import { hasVanished } from "../../host/machine/errno.ts";
import type { BpftraceVersion } from "./bpftrace-version.ts";
import { type Program, isAtLeast } from "./choose.ts";
import { programText } from "./program.ts";

/** How to start bpftrace here. */
export interface TracerOptions {
  readonly bpftrace: BpftraceVersion;
  readonly program: Program;
  /** tracefs is not mounted: mount it for bpftrace alone, in a mount namespace of its own. */
  readonly mountTracefs: boolean;
}

/** How a bpftrace ended: one line for people, and whether it could not send all that it had. */
export interface TracerEnd {
  readonly reason: string;
  readonly isCutOff: boolean;
}

/** A running bpftrace. */
export interface TracerProcess {
  /** 0 when it could not be started. */
  readonly pid: number;
  readonly stdout: NodeJS.ReadableStream & { destroy(): void };
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<TracerEnd>;
  /**
   * Stops it until it is woken, if that is safe. While awake it is scheduled for nearly every event, which costs more
   * than the event; after a rest it reads many at once.
   */
  rest(): void;
  wake(): void;
  /** Asks it to detach, to send what it still has and to end. It is killed when it sends nothing for two seconds. */
  stop(): void;
}

const MOUNT = "mount -t tracefs tracefs /sys/kernel/tracing";
/**
 * As a batch job (sched(7)) bpftrace is not scheduled at every event, which would cost more than the event: 2 us of CPU
 * a transition instead of 6, at 80,000 a second.
 */
const RUN = 'if command -v chrt >/dev/null; then set -- chrt --batch 0 "$0"; else set -- "$0"; fi; exec "$@" -B full -';
const FINDS_BTF = { major: 0, minor: 23 };
const BTF_BY_NUMBER = { major: 5, minor: 11 };
const KERNEL_BTF = "/sys/kernel/btf/vmlinux";
const PAGE = 4096;
const BUFFER_BYTES = 64 * 1024 * 1024;
const DEFAULT_KEYS = 4096;
/** The most pairs of states that a CPU counts (probes/wire.bt). */
const KEYS_OF_CPU = 32;
const SILENCE_MS = 2000;
const MAX_STDERR_CHARS = 16_384;

/** Up to 0.18 each CPU has a buffer of its own; from 0.19 on all share one. */
const SHARED_BUFFER = { major: 0, minor: 19 };

/**
 * The kernel kills it when its parent ends, however that ends, and even while it is stopped (PR_SET_PDEATHSIG,
 * prctl(2)).
 */
const TIED = ["setpriv", "--pdeathsig", "KILL"] as const;

/** Starts bpftrace. Its stderr is kept for the message about its end, and shown as it is only when debugging. */
export function startTracer({ bpftrace, program, mountTracefs }: TracerOptions): TracerProcess {
  const isTied = canTie();
  const words = mountTracefs
    ? ["unshare", "--mount", "--propagation", "private", "sh", "-c", `${MOUNT} && ${RUN}`, bpftrace.path]
    : ["sh", "-c", RUN, bpftrace.path];
  const [file = "sh", ...args] = isTied ? [...TIED, ...words] : words;
  const child = execa(file, args, {
    input: programText(program, bpftrace, parseRelease(release())),
    env: { PATH: process.env["PATH"] ?? "", ...bounds(bpftrace), ...btf(bpftrace) },
    extendEnv: false,
    buffer: { stdout: false, stderr: true },
    maxBuffer: { stderr: MAX_STDERR_CHARS },
    encoding: "utf8",
    reject: false,
    // Ctrl-C goes to tcptrace, which then stops bpftrace properly. When tcptrace is killed, SIGPIPE ends bpftrace.
    detached: true,
    cleanup: false,
  });
  if (child.pid !== undefined) raisePriority(child.pid, constants.priority.PRIORITY_HIGHEST);
  raisePriority(process.pid, constants.priority.PRIORITY_HIGH);
  let killer: NodeJS.Timeout | null = null;
  let hasEnded = false;
  let isResting = false;
  const ended = child.then(({ stderr, exitCode, signal }) => {
    hasEnded = true;
    if (killer !== null) clearTimeout(killer);
    const said = typeof stderr === "string" ? stderr : "";
    for (const line of said.split("\n")) if (line.trim() !== "") debug("bpftrace", line);
    const reason = describeEnd(said, exitCode, signal);
    return { reason, isCutOff: signal !== undefined };
  });
  return {
    pid: child.pid ?? 0,
    stdout: child.stdout,
    ended,
    rest() {
      if (isTied && !isResting && !hasEnded && killer === null) isResting = child.kill("SIGSTOP");
    },
    wake() {
      if (isResting) child.kill("SIGCONT");
      isResting = false;
    },
    stop() {
      this.wake();
      if (hasEnded || killer !== null) return;
      killGroup(child.pid, "SIGINT");
      killer = setTimeout(() => killGroup(child.pid, "SIGKILL"), SILENCE_MS);
      child.stdout.on("data", () => killer?.refresh());
    },
  };
}

/** Signals bpftrace and any wrapper it was started through: any that is left would keep the pipe open. */
function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // ESRCH: all of them have ended.
    if (!hasVanished(error)) debug("cannot stop bpftrace", error);
  }
}

/** Whether setpriv(1) is installed and new enough. */
function canTie(): boolean {
  const [file, ...words] = TIED;
  const { failed, shortMessage } = execaSync(file, [...words, "true"], { reject: false, stdio: "ignore" });
  if (failed) debug("bpftrace may outlive a tcptrace that is killed", shortMessage);
  return !failed;
}

/**
 * The path of BTF. bpftrace 0.17 asks the kernel by number, which kernels before 5.11 do not support. It is not always
 * set, because with it bpftrace 0.27 finds no functions for fentry.
 */
function btf(bpftrace: BpftraceVersion): Readonly<Record<string, string>> {
  const needsPath = !isAtLeast(bpftrace, FINDS_BTF) && !isAtLeast(parseRelease(release()), BTF_BY_NUMBER);
  const file = process.env["BPFTRACE_BTF"] ?? (needsPath ? KERNEL_BTF : undefined);
  return file === undefined || !existsSync(file) ? {} : { BPFTRACE_BTF: file };
}

/** On a busy machine the reader of the buffers must run first, or events are lost. */
function raisePriority(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch (error) {
    // It works without it, but loses more events under load.
    debug(`priority of pid ${pid} not raised`, error);
  }
}

/** The size of its buffers, and how many keys a map may have: the default is too small for more than 128 CPUs. */
function bounds(bpftrace: BpftraceVersion): Readonly<Record<string, string>> {
  const keys = String(Math.max(DEFAULT_KEYS, onlineCpus().length * KEYS_OF_CPU));
  const pages = String(bufferPages(bpftrace));
  // 0.21 renamed the variable.
  return { BPFTRACE_PERF_RB_PAGES: pages, BPFTRACE_MAP_KEYS_MAX: keys, BPFTRACE_MAX_MAP_KEYS: keys };
}

/** Pages of each buffer: 64 MiB in all, a power of two each. BPFTRACE_PERF_RB_PAGES overrides it. */
function bufferPages(bpftrace: BpftraceVersion): number {
  const wanted = Number(process.env["BPFTRACE_PERF_RB_PAGES"]);
  if (Number.isInteger(Math.log2(wanted)) && wanted >= 1 && wanted <= 65_536) return wanted;
  const buffers = isAtLeast(bpftrace, SHARED_BUFFER) ? 1 : availableParallelism();
  return Math.max(64, 2 ** Math.floor(Math.log2(BUFFER_BYTES / PAGE / buffers)));
}

/** What a program prints when it aborts: C++, assert(3), and bpftrace itself. */
const ABORT_MESSAGE = /terminate called|what\(\):|Assertion|\b(BUG|FATAL)\b/;

/** `bpftrace said: ...` from its last error line, else how it ended. */
function describeEnd(stderr: string, exitCode: number | undefined, signal: string | undefined): string {
  const lines = stderr.split("\n");
  if (signal !== undefined) {
    const last = lines.findLast((line) => ABORT_MESSAGE.test(line));
    return `bpftrace was killed by ${signal}${last === undefined ? "" : `: ${shortened(last)}`}`;
  }
  const errors = lines.filter((line) => /error|not found|lockdown|capability|unable|failed|permission/i.test(line));
  const found = errors.findLast((line) => !/RLIMIT_MEMLOCK/.test(line));
  if (found !== undefined) return `bpftrace said: ${shortened(found)}`;
  return `bpftrace exited with code ${exitCode ?? "unknown"}`;
}

function shortened(line: string): string {
  return safeText(line.trim().slice(0, 200));
}
