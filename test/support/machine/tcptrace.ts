import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { childrenOf } from "#test/support/machine/process-tree.ts";
import { CLI } from "#test/support/project.ts";
import { until } from "#test/support/until.ts";

/** Said on stderr when every transition from now on is traced. */
const TRACING = /^tcptrace: bpftrace [\d.]+, full probes$/m;

const time = z.iso.datetime();
const TransitionLine = z.object({
  type: z.literal("transition"),
  time,
  socket: z.string(),
  netns: z.number().nullable(),
  local: z.string().nullable(),
  remote: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  inStateMs: z.number().nonnegative().nullable(),
  pid: z.number().int().positive().nullable(),
  comm: z.string().nullable(),
  owner: z.enum(["syscall", "accept", "inode", "listener", "unknown"]),
  cause: z.string().nullable(),
});
const SummaryLine = z.object({
  type: z.literal("summary"),
  transitions: z.number().int(),
  lost: z.number().int(),
  attributed: z.number().int(),
  seconds: z.number(),
  source: z.enum(["bpf", "proc"]).nullable(),
  total: z.number().int().nullable(),
  changes: z.array(
    z.object({
      from: z.string().nullable(),
      to: z.string().nullable(),
      count: z.number().int(),
      lost: z.number().int(),
    }),
  ),
});
const Line = z.discriminatedUnion("type", [
  TransitionLine,
  SummaryLine,
  z.object({ type: z.literal("lost"), time, count: z.number().int().positive(), where: z.string() }),
  z.object({ type: z.literal("gap"), time, ms: z.number() }),
]);
export type TransitionLine = z.infer<typeof TransitionLine>;
export type SummaryLine = z.infer<typeof SummaryLine>;
export type Line = z.infer<typeof Line>;

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What runs node: `["setpriv", …]`. It must exec, so that the pid is node's. */
  readonly prefix?: readonly string[];
  /** An open file. */
  readonly stdin?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running tcptrace. Its output goes to files, so that a slow test never slows it down. */
export class Tcptrace {
  readonly pid: number;
  readonly ended: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #exit: Exit | null = null;

  constructor(child: ChildProcess, folder: string) {
    if (child.pid === undefined) throw new Error("tcptrace could not be started");
    this.pid = child.pid;
    this.#child = child;
    this.#folder = folder;
    this.ended = this.#awaitEnd();
  }

  async #awaitEnd(): Promise<Exit> {
    await once(this.#child, "exit");
    return (this.#exit = { code: this.#child.exitCode, signal: this.#child.signalCode });
  }

  get stdout(): string {
    return readFileSync(join(this.#folder, "stdout"), "utf8");
  }

  get stderr(): string {
    return readFileSync(join(this.#folder, "stderr"), "utf8");
  }

  /** Whole lines of stdout so far, as the contract of docs/command-line.md has them; anything else throws. */
  lines(): Line[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => Line.parse(JSON.parse(line)));
  }

  /** As lines(), for output that is too long to hold. */
  async *stream(): AsyncGenerator<Line, void, void> {
    const input = createReadStream(join(this.#folder, "stdout"));
    for await (const line of createInterface({ input })) yield Line.parse(JSON.parse(line));
  }

  transitions(): TransitionLine[] {
    return this.lines().filter((line) => line.type === "transition");
  }

  summary(): SummaryLine {
    const last = this.lines().at(-1);
    if (last?.type !== "summary") throw new Error(`no summary at the end: ${JSON.stringify(last)}`);
    return last;
  }

  /** Waits for a condition while tcptrace runs; throws when it ends before. */
  async until<T>(what: string, condition: () => T | undefined | false): Promise<T> {
    return until(
      () => `${what}; stderr: ${this.stderr}`,
      () => {
        const found = condition();
        if (found !== undefined && found !== false) return found;
        if (this.#exit !== null) {
          throw new Error(`tcptrace ended (${JSON.stringify(this.#exit)}) before ${what}: ${this.stderr}`);
        }
        return undefined;
      },
    );
  }

  /** Waits until it says on stderr that it traces, for the nth time. */
  async tracing(times = 1): Promise<void> {
    const said = new RegExp(TRACING, "gm");
    await this.until("tracing", () => (this.stderr.match(said)?.length ?? 0) >= times);
  }

  /** The bpftrace that it runs now. */
  async bpftrace(): Promise<number> {
    return this.until("its bpftrace", () => this.bpftraceNow());
  }

  /** As `bpftrace`, undefined when it runs none. */
  bpftraceNow(): number | undefined {
    return childrenOf(this.pid).find(({ comm }) => comm === "bpftrace")?.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to end, as Ctrl-C does, and waits until it has. */
  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<Exit> {
    this.signal(signal);
    return this.ended;
  }
}

/** Starts the built command line; it is killed when the test ends, if it still runs. */
export function startTcptrace(words: readonly string[], { env = {}, prefix = [], stdin }: StartOptions = {}): Tcptrace {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-test-"));
  const stdout = openSync(join(folder, "stdout"), "w");
  const stderr = openSync(join(folder, "stderr"), "w");
  const [program = "", ...rest] = [...prefix, process.execPath, CLI, ...words];
  const child = spawn(program, rest, { stdio: [stdin ?? "ignore", stdout, stderr], env: { ...process.env, ...env } });
  closeSync(stdout);
  closeSync(stderr);
  const tcptrace = new Tcptrace(child, folder);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await tcptrace.ended;
    rmSync(folder, { recursive: true, force: true });
  });
  return tcptrace;
}

/** Starts `events --json --source bpf` and waits until it traces. */
export async function traceEvents(options: StartOptions = {}): Promise<Tcptrace> {
  const tcptrace = startTcptrace(["events", "--json", "--source", "bpf"], options);
  await tcptrace.tracing();
  return tcptrace;
}

/** Runs the command line to its end. */
export async function runTcptrace(
  words: readonly string[],
  options: StartOptions = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const tcptrace = startTcptrace(words, options);
  const exit = await tcptrace.ended;
  return { ...exit, stdout: tcptrace.stdout, stderr: tcptrace.stderr };
}
