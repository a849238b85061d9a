#!/usr/bin/env node
import { EXIT, UserError } from "./base/errors.ts";
import { run } from "./commands/program.ts";
import { onShutdown } from "./shutdown.ts";

const shutdown = onShutdown();
try {
  process.exitCode = await run(process.argv, shutdown);
} catch (error) {
  if (error instanceof UserError) {
    process.stderr.write(`tcptrace: ${error.message}: ${error.hint}\n`);
    process.exitCode = error.exitCode;
  } else {
    const detail = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`tcptrace: this is a bug in tcptrace, please report it: ${detail}\n`);
    process.exitCode = EXIT.failed;
  }
}
