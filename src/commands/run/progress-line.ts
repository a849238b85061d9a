import type { OutStream } from "./session.ts";

const EVERY_MS = 1000;
/** Returns to the start of the line and clears it (ECMA-48 EL). */
const CLEAR = "\r\x1b[K";

/** Shows progress in one line on stderr, if that is a terminal. */
export class ProgressLine {
  readonly #stderr: OutStream;
  readonly #describe: () => string;
  readonly #timer: NodeJS.Timeout | null;

  constructor(stderr: OutStream, describe: () => string) {
    this.#stderr = stderr;
    this.#describe = describe;
    const isShown = stderr.isTTY === true && process.env["TERM"] !== "dumb";
    this.#timer = isShown ? setInterval(() => this.#show(), EVERY_MS).unref() : null;
  }

  #show(): void {
    const columns = (this.#stderr.columns ?? 80) - 1;
    this.#stderr.write(`${CLEAR}${this.#describe().slice(0, columns)}\r`);
  }

  end(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#stderr.write(CLEAR);
  }
}
