/** Exit codes, as docs/command-line.md has them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, stuck: 3, noBpf: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure that the user can mend: printed as one line, `message: hint`. Anything else thrown is a bug. */
export class UserError extends Error {
  readonly hint: string;
  readonly exitCode: ExitCode;

  constructor(message: string, hint: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.name = "UserError";
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
