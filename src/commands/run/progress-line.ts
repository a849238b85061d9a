const EVERY_MS = 1000;
/** Back to the begin of the line, and clear it (ECMA-48 EL). */
const CLEAR = "\r\x1b[K";

/** A line on stderr that tells how far a command is, where that is a terminal. */
export class ProgressLine {
  readonly #describe: () => string;
  readonly #timer: NodeJS.Timeout | null;

  constructor(describe: () => string) {
    this.#describe = describe;
    const isShown = process.stderr.isTTY && process.env["TERM"] !== "dumb";
    this.#timer = isShown ? setInterval(() => this.#show(), EVERY_MS).unref() : null;
  }

  #show(): void {
    const columns = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(`${CLEAR}${this.#describe().slice(0, columns)}\r`);
  }

  end(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    process.stderr.write(CLEAR);
  }
}
