import { Command, CommanderError } from "commander";
import { addChurn } from "./churn.ts";
import { addDiagnose } from "./diagnose.ts";
import { addDoctor } from "./doctor.ts";
import { errorLine, exitCodeOf } from "./error-line.ts";
import { addEvents } from "./events.ts";
import { addExplain } from "./explain.ts";
import { addExport } from "./export.ts";
import { addLeaks } from "./leaks.ts";
import { optionHelp } from "./option-help.ts";
import { addRecord } from "./record.ts";
import { helpAsStarted } from "./run/as-started.ts";
import type { Session } from "./run/session.ts";
import { version } from "./run/version.ts";
import { addTop } from "./top.ts";
import { commanderError, misused } from "./usage-error.ts";

/** In the order in which help lists them. */
const COMMANDS = [addTop, addEvents, addLeaks, addChurn, addDiagnose, addExplain, addRecord, addExport, addDoctor];

const EXAMPLES = `
Examples:
  sudo tcptrace top                        which processes hold which sockets, live
  sudo tcptrace top -b -n 1                the same, as one plain table
  sudo tcptrace leaks                      who leaks sockets, how many, since when
  sudo tcptrace churn                      who makes TIME_WAIT, and how many ports are left
  sudo tcptrace diagnose                   what is wrong, and what to do about it
  sudo tcptrace events                     every transition, one per line
  sudo tcptrace events --json | jq 'select(.to == "CLOSE_WAIT")'
  sudo tcptrace record -w run.tct.gz       record to a file; then tcptrace top -r run.tct.gz
  tcptrace doctor                          what can be traced here, and how to fix the rest
`;

/** Runs the command that argv names. A failure is printed on stderr and sets the exit code. */
export async function run(argv: readonly string[], session: Session): Promise<void> {
  try {
    await newProgram(session).parseAsync(argv);
  } catch (thrown) {
    if (thrown instanceof CommanderError) return;
    session.stderr.write(errorLine(thrown, isJson(argv)));
    session.exitCode = exitCodeOf(thrown);
  }
}

function newProgram(session: Session): Command {
  const { stdout } = session;
  const program = new Command("tcptrace")
    .description("Names the process behind every TCP state transition and every stuck socket.")
    .version(`tcptrace ${version()}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureHelp({ optionDescription: optionHelp })
    .addHelpText("after", EXAMPLES)
    .configureOutput({
      writeOut: (text) => stdout.write(helpAsStarted(text)),
      writeErr: () => {},
      getOutHelpWidth: () => (stdout.isTTY === true ? (stdout.columns ?? 80) : 80),
    });
  for (const add of COMMANDS) add(program, session);
  addHelp(program);
  for (const command of [program, ...program.commands]) {
    command.exitOverride((error) => {
      throw error.exitCode === 0 ? error : commanderError(error, misused(command));
    });
  }
  return program;
}

/** Commander's own help command prints the general help for a word that is not a command. */
function addHelp(program: Command): void {
  program
    .command("help")
    .argument("[command]")
    .description("print the help of a command")
    .action(async (word: string | undefined) => {
      const named = word === undefined ? program : program.commands.find((command) => command.name() === word);
      if (named !== undefined) named.help();
      // Reports the unknown command, and the nearest one.
      else await program.parseAsync([String(word)], { from: "user" });
    });
}

/** Whether argv asks for JSON. It may be wrong, so it is searched and not parsed. */
function isJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).includes("--json");
}
