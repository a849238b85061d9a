import { Command, CommanderError } from "commander";
import { EXIT, type ExitCode, UserError } from "../base/errors.ts";
import { addChurn } from "./churn.ts";
import { addDiagnose } from "./diagnose.ts";
import { addDoctor } from "./doctor.ts";
import { addEvents } from "./events.ts";
import { addExplain } from "./explain.ts";
import { addExport } from "./export.ts";
import { addLeaks } from "./leaks.ts";
import type { Outcome } from "./outcome.ts";
import { addRecord } from "./record.ts";
import { version } from "./run/version.ts";
import { addTop } from "./top.ts";

const EXAMPLES = `
Examples:
  sudo tcptrace top                        who holds which sockets, live
  sudo tcptrace top -b -n 1                the same as one plain table
  sudo tcptrace leaks                      who leaks sockets, how many, since when, until when
  sudo tcptrace churn                      who makes TIME_WAIT, toward whom, how many ports are left
  sudo tcptrace diagnose                   what is wrong here, and what to do about it
  sudo tcptrace events                     every transition, a line each
  sudo tcptrace events --json | jq 'select(.to == "CLOSE_WAIT")'
  sudo tcptrace record -w run.tct.gz       transitions to a file; then tcptrace top -r run.tct.gz
  tcptrace doctor                          what can be traced here, and what is missing
`;

/** Runs the command that argv names. Throws UserError for words that are not understood. */
export async function run(argv: readonly string[], shutdown: AbortController): Promise<ExitCode> {
  const outcome: Outcome = { code: EXIT.ok };
  try {
    await newProgram(outcome, shutdown).parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error);
  }
  return outcome.code;
}

function newProgram(outcome: Outcome, shutdown: AbortController): Command {
  const program = new Command("tcptrace")
    .description("Names the process behind every TCP state transition and every stuck socket.")
    .version(`tcptrace ${version()}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  const adders = [addTop, addEvents, addLeaks, addChurn, addDiagnose, addExplain, addRecord, addExport, addDoctor];
  for (const add of adders) add(program, outcome, shutdown);
  return program;
}

/** commander's message in one line, with where to read on. */
function usageError(error: CommanderError): UserError {
  const message = error.message
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
  return new UserError("usage", message === "(outputHelp)" ? "name a command" : message, "see `tcptrace --help`");
}
