import { Command, CommanderError, Option } from "commander";
import { EXIT, type ExitCode, UserError } from "../base/errors.ts";
import { churn } from "./churn.ts";
import { addDiagnose, addExplain } from "./diagnose-commands.ts";
import { doctor } from "./doctor.ts";
import { events } from "./events.ts";
import { leaks } from "./leaks.ts";
import { STUCK_AFTER_MS, type ViewFlags, live, parseCount, parseDuration, parseInterval } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { addExport, addRecord } from "./record.ts";
import { version } from "./run/version.ts";
import { top } from "./top/run-top.ts";
import { findSettings } from "./top/settings-file.ts";
import { tryTracing } from "../source/trial.ts";
import { THEMES, type ThemeName } from "../view/format/theme-names.ts";

const INTERVAL_MS = 1000;

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

const TOP_EXAMPLES = `
Examples:
  sudo tcptrace top
  sudo tcptrace top -b -n 3 -d 5s
  sudo tcptrace top --stuck-after 10s
`;

const EVENTS_EXAMPLES = `
Examples:
  sudo tcptrace events -c 100
  sudo tcptrace events --json --duration 10s > trace.ndjson
`;

const LEAKS_EXAMPLES = `
Examples:
  sudo tcptrace leaks                      who holds sockets in CLOSE_WAIT, now
  sudo tcptrace leaks --duration 30s       … and how fast that grows, and when descriptors run out
  sudo tcptrace leaks --fail --json | jq '.processes[] | {pid, comm, stuck}'
  sudo tcptrace leaks --filter 'proc:api !dst:10.0.0.0/8 age:>5m'
`;

const CHURN_EXAMPLES = `
Examples:
  sudo tcptrace churn                      who makes TIME_WAIT, watched for 10 s
  sudo tcptrace churn --duration 1m --filter 'dst:10.0.0.5:5432'
  sudo tcptrace churn --json | jq '.destinations[] | select(.exhaustedInMs)'
`;

const DOCTOR_EXAMPLES = `
Examples:
  sudo tcptrace doctor
  sudo tcptrace doctor --json | jq '.checks[] | select(.ok | not)'
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

interface TopFlags extends ViewFlags {
  batch: boolean;
  count?: number;
  delay: number;
  stuckAfter: number;
  color: boolean;
  ascii: boolean;
  theme?: ThemeName;
  mouse?: boolean;
  config?: string;
}

function addTop(program: Command, outcome: Outcome, shutdown: AbortController): void {
  live(program.command("top"))
    .description("live view: processes, their sockets and transition rates (plain tables with -b)")
    .option("-b, --batch", "plain tables; also when stdout is no terminal", false)
    .option("-n, --count <N>", "plain tables, N of them", parseCount)
    .option("-d, --delay <DUR>", "time between two tables or frames", parseInterval, INTERVAL_MS)
    .option("--stuck-after <DUR>", "when CLOSE_WAIT counts as stuck", parseDuration, STUCK_AFTER_MS)
    .option("--no-color", "no colours (also by NO_COLOR)")
    .option("--ascii", "no characters beyond ASCII", false)
    .addOption(new Option("--theme <NAME>", "colours (T in the view)").choices(THEMES))
    .option("--mouse", "the wheel moves, a click selects (m in the view)")
    .option("--config <FILE>", "settings; else $XDG_CONFIG_HOME/tcptrace/config.json (W in the view writes it)")
    .addHelpText("after", TOP_EXAMPLES)
    .action(async (flags: TopFlags, command: Command) => {
      const { count, batch, delay, stuckAfter, color, ascii, source, read, filter } = flags;
      const found = await findSettings(flags.config ?? null);
      const { settings } = found;
      // What the command line says goes before what the file says.
      const isSaid = (option: string): boolean => command.getOptionValueSource(option) === "cli";
      const isScreen = process.stdout.isTTY && process.env["TERM"] !== "dumb";
      const options = {
        source,
        read: read ?? null,
        filter,
        batch: batch || count !== undefined || !isScreen,
        count: count ?? null,
        intervalMs: isSaid("delay") ? delay : (settings.interval ?? delay),
        stuckAfterMs: isSaid("stuckAfter") ? stuckAfter : (settings.stuckAfter ?? stuckAfter),
        theme: flags.theme ?? settings.theme ?? "default",
        mouse: flags.mouse ?? settings.mouse ?? false,
        settings: found,
        color: color && (process.env["NO_COLOR"] ?? "") === "",
        ascii,
      };
      outcome.code = await top(options, shutdown);
    });
}

interface EventsFlags extends ViewFlags {
  json: boolean;
  count?: number;
  duration?: number;
}

function addEvents(program: Command, outcome: Outcome, shutdown: AbortController): void {
  live(program.command("events"))
    .description("every transition, a line each, until Ctrl-C")
    .option("--json", "newline-delimited JSON", false)
    .option("-c, --count <N>", "end after N transitions", parseCount)
    .option("--duration <DUR>", "end after this time: 500ms 10s 5m 2h", parseDuration)
    .addHelpText("after", EVENTS_EXAMPLES)
    .action(async ({ source, read, filter, json, count, duration }: EventsFlags) => {
      const input = { source, read: read ?? null };
      const options = { ...input, filter, json, count: count ?? null, durationMs: duration ?? null };
      outcome.code = await events(options, shutdown);
    });
}

interface LeaksFlags extends ViewFlags {
  json: boolean;
  duration?: number;
  stuckAfter: number;
  unowned: boolean;
  fail: boolean;
}

function addLeaks(program: Command, outcome: Outcome, shutdown: AbortController): void {
  live(program.command("leaks"))
    .description("who holds sockets in CLOSE_WAIT, since when, how many, until when")
    .option("--json", "one JSON document", false)
    .option("--duration <DUR>", "watch so long before answering", parseDuration)
    .option("--stuck-after <DUR>", "when CLOSE_WAIT counts as stuck", parseDuration, STUCK_AFTER_MS)
    .option("--unowned", "a line for each socket that nobody can be named for", false)
    .option("--fail", "exit 3 when some process has stuck sockets", false)
    .addHelpText("after", LEAKS_EXAMPLES)
    .action(async ({ duration, read, ...flags }: LeaksFlags) => {
      const options = { ...flags, read: read ?? null, durationMs: duration ?? null, stuckAfterMs: flags.stuckAfter };
      outcome.code = await leaks(options, shutdown);
    });
}

interface ChurnFlags extends ViewFlags {
  json: boolean;
  duration?: number;
}

function addChurn(program: Command, outcome: Outcome, shutdown: AbortController): void {
  live(program.command("churn"))
    .description("who makes TIME_WAIT, toward whom, and how many ports are left")
    .option("--json", "one JSON document", false)
    .option("--duration <DUR>", "watch so long before answering (default 10s)", parseDuration)
    .addHelpText("after", CHURN_EXAMPLES)
    .action(async ({ duration, read, ...flags }: ChurnFlags) => {
      outcome.code = await churn({ ...flags, read: read ?? null, durationMs: duration ?? null }, shutdown);
    });
}

function addDoctor(program: Command, outcome: Outcome, shutdown: AbortController): void {
  program
    .command("doctor")
    .description("what tcptrace can trace on this machine, and what is missing")
    .option("--json", "one JSON document", false)
    .addHelpText("after", DOCTOR_EXAMPLES)
    .action(async ({ json }: { json: boolean }) => {
      outcome.code = await doctor({ json }, shutdown.signal, tryTracing);
    });
}

/** commander's message in one line, with where to read on. */
function usageError(error: CommanderError): UserError {
  const message = error.message
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
  return new UserError(message === "(outputHelp)" ? "name a command" : message, "see `tcptrace --help`", EXIT.usage);
}
