import type { ExitCode } from "../errors.ts";

/** What a command came to. */
export interface Outcome {
  code: ExitCode;
}
