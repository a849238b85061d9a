import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

const running = new Set<Background>();

/** A program that runs during the measurement, in its own process group. It never outlives this process. */
export class Background {
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, file: string) {
    if (child.pid === undefined) throw new Error(`cannot start ${file}`);
    this.pid = child.pid;
    this.#child = child;
    this.ended = this.#awaitEnd();
  }

  get stdout(): Readable {
    if (this.#child.stdout === null) throw new Error("its stdout is not a pipe");
    return this.#child.stdout;
  }

  get stdin(): Writable {
    if (this.#child.stdin === null) throw new Error("its stdin is not a pipe");
    return this.#child.stdin;
  }

  get isRunning(): boolean {
    return running.has(this);
  }

  /** Resolves when it has ended. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    this.signal(signal);
    await this.ended;
  }

  /** Sends a signal to its process group, without waiting. */
  signal(signal: NodeJS.Signals): void {
    try {
      if (this.isRunning) process.kill(-this.pid, signal);
    } catch {
      // It has ended, but its output has not been read completely.
    }
  }

  async #awaitEnd(): Promise<void> {
    running.add(this);
    await once(this.#child, "close");
    running.delete(this);
  }
}

export function startInBackground(file: string, words: readonly string[], stdio: StdioOptions): Background {
  endAllAtExit();
  return new Background(spawn(file, words, { stdio, detached: true }), file);
}

let isTied = false;

function endAllAtExit(): void {
  if (isTied) return;
  isTied = true;
  process.on("exit", () => {
    for (const one of running) one.signal("SIGKILL");
  });
  // The default action of these signals ends a process without the `exit` event.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
}
