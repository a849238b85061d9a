import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import type { Writable } from "node:stream";
import { debug } from "../../base/debug.ts";
import { EXIT, type ExitCode } from "../../base/errors.ts";

/** Standard output or standard error, or a substitute in tests. */
export interface OutStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly fd?: number;
}

/** One run of the command line: its output, its shutdown and its exit code. */
export class Session {
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly shutdown: AbortController;
  exitCode: ExitCode = EXIT.ok;

  constructor(stdout: OutStream, stderr: OutStream, shutdown: AbortController) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.shutdown = shutdown;
  }

  get signal(): AbortSignal {
    return this.shutdown.signal;
  }

  /** Writes to stdout, and waits for a slow reader, so that output does not pile up in memory. */
  async write(text: string | Buffer): Promise<void> {
    if (text.length === 0 || this.stdout.write(text) || this.stdout.destroyed) return;
    // A reader that has stopped reading must not keep us from exiting.
    const deadline = this.signal.aborted ? AbortSignal.timeout(2000) : this.signal;
    await once(this.stdout, "drain", { signal: deadline }).catch(() => {});
  }

  /** Prints one line for people on stderr. */
  readonly say = (line: string): void => {
    this.stderr.write(`tcptrace: ${line}\n`);
  };

  /** Does the work, and aborts it when the reader of stdout exits, as `head -1` does. */
  async whileRead(work: () => Promise<void>): Promise<void> {
    const end = this.#watchReader();
    try {
      await work();
    } finally {
      end();
    }
  }

  /**
   * Without this, we notice that the reader has exited only at the next write, which on a quiet machine may be hours
   * away. Node cannot poll for it, but `tail -f` of coreutils does (POLLERR), and dies of SIGPIPE. Returns a function
   * that ends the watch.
   */
  #watchReader(): () => void {
    const { fd } = this.stdout;
    if (fd === undefined || !fstatSync(fd).isFIFO()) return () => {};
    const tail = spawn("tail", ["-f", `--pid=${process.pid}`, "/dev/null"], { stdio: ["ignore", fd, "ignore"] });
    tail.on("error", (error) => debug("cannot watch the reader of stdout", error));
    tail.on("exit", (_code, signal) => {
      if (signal === "SIGPIPE") this.shutdown.abort("EPIPE");
    });
    tail.unref();
    return () => tail.kill();
  }
}
