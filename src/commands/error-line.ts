import { EXIT, type ExitCode, UserError } from "../base/errors.ts";
import { asStarted } from "./run/as-started.ts";

/** A failure as one line for people, or as one line of JSON. */
export function errorLine(error: unknown, json: boolean): string {
  if (error instanceof UserError) {
    const { code, message, exitCode } = error;
    const hint = asStarted(error.hint);
    if (json) return `${JSON.stringify({ error: { code, message, hint, exitCode } })}\n`;
    return `tcptrace: ${message}: ${hint}\n`;
  }
  const detail = error instanceof Error ? error.stack : String(error);
  const message = "this is a bug in tcptrace";
  const hint = "please report it";
  if (!json) return `tcptrace: ${message}, ${hint}: ${detail}\n`;
  const body = { code: "internal", message: `${message}: ${detail}`, hint, exitCode: EXIT.failed };
  return `${JSON.stringify({ error: body })}\n`;
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof UserError ? error.exitCode : EXIT.failed;
}
