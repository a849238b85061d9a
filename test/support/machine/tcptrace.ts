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

/** Printed on stderr once every transition is traced. */
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
  /** The command that runs node, such as `["setpriv", …]`. It must exec, so that the pid is node's. */
  readonly prefix?: readonly string[];
  /** An open file. */
  readonly stdin?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running tcptrace. Its output goes to files, so that a slow test does not slow it down. */
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

  /** The complete lines of stdout so far. Throws if one breaks the contract in docs/command-line.md. */
  lines(): Line[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => Line.parse(JSON.parse(line)));
  }

  /** Like lines(), for output too long to hold in memory. */
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

  /** Waits for a condition; throws if tcptrace ends first. */
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

  /** Waits until it has reported n times on stderr that it traces. */
  async tracing(times = 1): Promise<void> {
    const said = new RegExp(TRACING, "gm");
    await this.until("tracing", () => (this.stderr.match(said)?.length ?? 0) >= times);
  }

  /** The pid of its current bpftrace. */
  async bpftrace(): Promise<number> {
    return this.until("its bpftrace", () => this.bpftraceNow());
  }

  /** Like `bpftrace`, but undefined if it runs none. */
  bpftraceNow(): number | undefined {
    return childrenOf(this.pid).find(({ comm }) => comm === "bpftrace")?.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Interrupts it, like Ctrl-C, and waits until it ends. */
  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<Exit> {
    this.signal(signal);
    return this.ended;
  }
}

/** Starts the built tcptrace; kills it at the end of the test if it still runs. */
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

/** Runs tcptrace until it exits. */
export async function runTcptrace(
  words: readonly string[],
  options: StartOptions = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const tcptrace = startTcptrace(words, options);
  const exit = await tcptrace.ended;
  return { ...exit, stdout: tcptrace.stdout, stderr: tcptrace.stderr };
}
