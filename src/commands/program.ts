import { Command, CommanderError } from "commander";
import type { UserError } from "../base/errors.ts";
import { addChurn } from "./churn.ts";
import { addDiagnose } from "./diagnose.ts";
import { addDoctor } from "./doctor.ts";
import { errorLine, exitCodeOf } from "./error-line.ts";
import { addEvents } from "./events.ts";
import { addExplain } from "./explain.ts";
import { addExport } from "./export.ts";
import { addLeaks } from "./leaks.ts";
import { misuse } from "./options.ts";
import { addRecord } from "./record.ts";
import { helpAsStarted } from "./run/as-started.ts";
import type { Session } from "./run/session.ts";
import { version } from "./run/version.ts";
import { addTop } from "./top.ts";

/** In the order of the help page. */
const COMMANDS = [addTop, addEvents, addLeaks, addChurn, addDiagnose, addExplain, addRecord, addExport, addDoctor];

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

/** Runs the command that argv names. What fails is printed on stderr and sets the exit code. */
export async function run(argv: readonly string[], session: Session): Promise<void> {
  try {
    await newProgram(session).parseAsync(argv);
  } catch (thrown) {
    const isHelp = thrown instanceof CommanderError && thrown.exitCode === 0;
    if (isHelp) return;
    const error = thrown instanceof CommanderError ? usageError(thrown) : thrown;
    session.stderr.write(errorLine(error, isJson(argv)));
    session.exitCode = exitCodeOf(error);
  }
}

function newProgram(session: Session): Command {
  const { stdout } = session;
  const program = new Command("tcptrace")
    .description("Names the process behind every TCP state transition and every stuck socket.")
    .version(`tcptrace ${version()}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES)
    .configureOutput({
      writeOut: (text) => stdout.write(helpAsStarted(text)),
      writeErr: () => {},
      getOutHelpWidth: () => (stdout.isTTY === true ? (stdout.columns ?? 80) : 80),
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, session);
  return program;
}

function usageError({ message }: CommanderError): UserError {
  return misuse(message === "(outputHelp)" ? "name a command" : message.replace(/^error: /, ""));
}

/** Whether the words ask for JSON. They may be wrong, so they are not parsed for it. */
function isJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).includes("--json");
}
