import { spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";

const DEADLINE_MS = 20_000;

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly term?: string;
  /** Working directory of the program. */
  readonly directory?: string;
}

/** A program on a real pseudo-terminal, seen through a terminal emulator. */
export class PtyScreen {
  /** Everything that the program wrote. */
  output = "";
  exitCode: number | null = null;
  readonly #terminal: headless.Terminal;
  readonly #pty: ReturnType<typeof spawn>;

  constructor(file: string, args: readonly string[], options: PtyOptions = {}) {
    const { columns = 80, rows = 24, term = "xterm-256color", env = {}, directory = process.cwd() } = options;
    this.#terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
    /* No LANG on purpose, as in a container. */
    const bare = { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", TERM: term, ...env };
    this.#pty = spawn(file, [...args], { cols: columns, rows, name: term, env: bare, cwd: directory });
    this.#pty.onData((data) => {
      this.output += data;
      this.#terminal.write(data);
    });
    this.#pty.onExit(({ exitCode }) => {
      this.exitCode = exitCode;
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** The lines on the screen, without trailing blanks. */
  lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? "",
    );
  }

  /** The column of the last character in a line of the screen. */
  lastColumn(y: number): number {
    const { active } = this.#terminal.buffer;
    const line = active.getLine(active.baseY + y);
    let last = -1;
    for (let x = 0; x < this.#terminal.cols; x += 1) {
      if (!["", " "].includes(line?.getCell(x)?.getChars() ?? "")) last = x;
    }
    return last;
  }

  text(): string {
    return this.lines().join("\n");
  }

  get inAlternateScreen(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  /** Whether the last sequence about the cursor showed it. */
  get cursorShown(): boolean {
    return this.output.lastIndexOf("\u001B[?25h") >= this.output.lastIndexOf("\u001B[?25l");
  }

  /** Whether any cell on the screen is coloured. */
  get hasColor(): boolean {
    const { active } = this.#terminal.buffer;
    for (let y = 0; y < this.#terminal.rows; y += 1) {
      const line = active.getLine(active.baseY + y);
      for (let x = 0; x < this.#terminal.cols; x += 1) {
        const cell = line?.getCell(x);
        if (cell !== undefined && !(cell.isFgDefault() && cell.isBgDefault())) return true;
      }
    }
    return false;
  }

  write(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** The terminal stops reading, as over a broken connection. */
  stopReading(): void {
    this.#pty.pause();
  }

  resumeReading(): void {
    this.#pty.resume();
  }

  /** Waits until the screen shows `what`; fails with what it shows instead. */
  async until(what: string | RegExp | (() => boolean), deadlineMs: number = DEADLINE_MS): Promise<void> {
    const end = Date.now() + deadlineMs;
    const seen = (): boolean => {
      if (typeof what === "function") return what();
      return typeof what === "string" ? this.text().includes(what) : what.test(this.text());
    };
    while (!seen()) {
      if (Date.now() > end) throw new Error(`never seen: ${String(what)}\non the screen:\n${this.text()}`);
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }

  kill(): void {
    try {
      this.#pty.kill("SIGKILL");
    } catch {
      /* The program has ended. */
    }
    this.#terminal.dispose();
  }
}
