import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import type { Writable } from "node:stream";
import { debug } from "../../base/debug.ts";
import { EXIT, type ExitCode } from "../../base/errors.ts";

/** Standard output or standard error, or what a test puts in their place. */
export interface OutStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly fd?: number;
}

/** One run of the command line: its output, what ends it, and the exit code it ends with. */
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

  /** Writes to stdout, and waits for a reader that is slower, so that nothing piles up in memory. */
  async write(text: string | Buffer): Promise<void> {
    if (text.length === 0 || this.stdout.write(text) || this.stdout.destroyed) return;
    // A reader that has stopped reading must not keep us from ending.
    const deadline = this.signal.aborted ? AbortSignal.timeout(2000) : this.signal;
    await once(this.stdout, "drain", { signal: deadline }).catch(() => {});
  }

  /** Prints one line for people on stderr. */
  readonly say = (line: string): void => {
    this.stderr.write(`tcptrace: ${line}\n`);
  };

  /** Does the work, and ends it when the reader of stdout, such as `head -1`, has gone. */
  async whileRead(work: () => Promise<void>): Promise<void> {
    const end = this.#watchReader();
    try {
      await work();
    } finally {
      end();
    }
  }

  /**
   * Without this, a reader that has gone shows only at the next write, and a quiet machine writes nothing for long. Node can't
   * wait for it, but coreutils' `tail -f` does (POLLERR), and ends by SIGPIPE. Returns what ends the watch.
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
