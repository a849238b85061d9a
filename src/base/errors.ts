/** Exit codes, as listed in docs/command-line.md. */
export const EXIT = { ok: 0, failed: 1, usage: 2, stuck: 3, noBpf: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What can fail, and how the program then exits. Scripts rely on these names (docs/errors.md): add, never rename. */
export const ERRORS = {
  usage: EXIT.usage,
  "bad-filter": EXIT.usage,
  "bad-config": EXIT.usage,
  "bad-environment": EXIT.usage,
  "unknown-topic": EXIT.usage,
  "cannot-read": EXIT.usage,
  "not-a-recording": EXIT.usage,
  "recording-too-new": EXIT.usage,
  "no-zstd": EXIT.usage,
  "cannot-write": EXIT.usage,
  "unsafe-output": EXIT.usage,
  "read-failed": EXIT.failed,
  "write-failed": EXIT.failed,
  "disk-full": EXIT.failed,
  "no-terminal": EXIT.failed,
  "no-proc": EXIT.failed,
  "nothing-seen": EXIT.failed,
  "not-root": EXIT.noBpf,
  "no-bpftrace": EXIT.noBpf,
  "bpf-unavailable": EXIT.noBpf,
} as const satisfies Record<string, ExitCode>;
export type ErrorCode = keyof typeof ERRORS;

/** A failure that the user can fix: printed as one line, `message: hint`. Anything else thrown is a bug. */
export class UserError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string) {
    super(message);
    this.name = "UserError";
    this.code = code;
    this.hint = hint;
  }

  get exitCode(): ExitCode {
    return ERRORS[this.code];
  }
}
