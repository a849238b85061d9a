#!/usr/bin/env node
import { enableDebug } from "./base/debug.ts";
import { EXIT, UserError } from "./base/errors.ts";
import { run } from "./commands/program.ts";
import { onShutdown } from "./shutdown.ts";

const shutdown = onShutdown();
if (process.env["TCPTRACE_DEBUG"] === "1") {
  enableDebug((line) => process.stderr.write(`tcptrace: debug: ${new Date().toISOString()} ${line}\n`));
}
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
