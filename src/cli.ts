#!/usr/bin/env node
import { enableDebug } from "./base/debug.ts";
import { run } from "./commands/program.ts";
import { Session } from "./commands/run/session.ts";
import { onShutdown } from "./shutdown.ts";

const session = new Session(process.stdout, process.stderr, onShutdown());
if (process.env["TCPTRACE_DEBUG"] === "1") {
  enableDebug((line) => process.stderr.write(`tcptrace: debug: ${new Date().toISOString()} ${line}\n`));
}
await run(process.argv, session);
process.exitCode = session.exitCode;
