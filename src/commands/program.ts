import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { z } from "zod";
import { EXIT, type ExitCode, UserError } from "../errors.ts";
import { doctor } from "./doctor.ts";
import { events } from "./events.ts";
import { parseCount, parseDuration, parseInterval, parseSource } from "./options.ts";
import { top } from "./top.ts";

const DEFAULTS = { intervalMs: 1000, stuckAfterMs: 60_000 } as const;

const EXAMPLES = `
Examples:
  sudo tcptrace top                        who holds which sockets, live
  sudo tcptrace top -b -n 1                the same as one plain table
  sudo tcptrace events                     every transition, a line each
  sudo tcptrace events --json | jq 'select(.to == "CLOSE_WAIT")'
  tcptrace doctor                          what can be traced here, and what is missing
`;

/** Runs the command that argv names. Throws UserError for words that are not understood. */
export async function run(argv: readonly string[], shutdown: AbortController): Promise<ExitCode> {
  let result: Promise<ExitCode> | null = null;
  const program = newProgram((started) => (result = started), shutdown);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    throw usageError(error);
  }
  return (await result) ?? EXIT.ok;
}

type Start = (result: Promise<ExitCode>) => void;

function newProgram(start: Start, shutdown: AbortController): Command {
  const program = new Command("tcptrace")
    .description("Names the process behind every TCP state transition and every stuck socket.")
    .version(`tcptrace ${version()}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  for (const add of [addTop, addEvents, addDoctor]) add(program, start, shutdown);
  return program;
}

function addTop(program: Command, start: Start, shutdown: AbortController): void {
  live(program.command("top"))
    .description("live view: processes, their sockets and transition rates (plain tables with -b)")
    .option("-b, --batch", "plain tables; also when stdout is no terminal", false)
    .option("-n, --count <N>", "with -b: end after N tables", parseCount)
    .option("-d, --delay <DUR>", "time between two tables or frames", parseInterval, DEFAULTS.intervalMs)
    .option("--stuck-after <DUR>", "when CLOSE_WAIT counts as stuck", parseDuration, DEFAULTS.stuckAfterMs)
    .option("--no-color", "no colours (also by NO_COLOR)")
    .option("--ascii", "no line-drawing characters", false)
    .addHelpText(
      "after",
      "\nExamples:\n  sudo tcptrace top\n  sudo tcptrace top -b -n 3 -d 5s\n  sudo tcptrace top --stuck-after 10s\n",
    )
    .action((options) => {
      const { source, batch, delay, stuckAfter, color, ascii, count } = options;
      const isTerminal = process.stdout.isTTY === true && process.env["TERM"] !== "dumb";
      start(
        top(
          {
            source,
            batch: batch || count !== undefined || !isTerminal,
            count: count ?? null,
            intervalMs: delay,
            stuckAfterMs: stuckAfter,
            color: color && !hasNoColor(),
            ascii: ascii || process.env["TERM"] === "linux",
          },
          shutdown,
        ),
      );
    });
}

function addEvents(program: Command, start: Start, shutdown: AbortController): void {
  live(program.command("events"))
    .description("every transition, a line each, until Ctrl-C")
    .option("--json", "newline-delimited JSON", false)
    .option("-c, --count <N>", "end after N transitions", parseCount)
    .option("--duration <DUR>", "end after this time: 500ms 10s 5m 2h", parseDuration)
    .addHelpText(
      "after",
      `\nExamples:\n  sudo tcptrace events -c 100\n  sudo tcptrace events --json --duration 10s > trace.ndjson\n`,
    )
    .action(({ source, json, count, duration }) => {
      start(events({ source, json, count: count ?? null, durationMs: duration ?? null }, shutdown));
    });
}

function addDoctor(program: Command, start: Start, shutdown: AbortController): void {
  program
    .command("doctor")
    .description("what tcptrace can trace on this machine, and what is missing")
    .option("--json", "one JSON document", false)
    .addHelpText(
      "after",
      "\nExamples:\n  tcptrace doctor\n  tcptrace doctor --json | jq '.checks[] | select(.ok | not)'\n",
    )
    .action(({ json }) => start(doctor({ json }, shutdown.signal)));
}

function live(command: Command): Command {
  return command.option(
    "--source <auto|bpf|proc>",
    "where events come from; bpf fails rather than fall back",
    parseSource,
    "auto",
  );
}

/** commander's message in one line, with where to read on. */
function usageError(error: CommanderError): UserError {
  const message = error.message
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
  return new UserError(message === "(outputHelp)" ? "name a command" : message, "see `tcptrace --help`", EXIT.usage);
}

/** https://no-color.org: set and not empty. */
function hasNoColor(): boolean {
  return (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb";
}

function version(): string {
  const path = fileURLToPath(import.meta.resolve("#package.json"));
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, "utf8"))).version;
}
