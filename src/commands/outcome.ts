import type { ExitCode } from "../base/errors.ts";

/** What a command came to. */
export interface Outcome {
  code: ExitCode;
}
