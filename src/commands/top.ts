import { type Command, InvalidArgumentError, Option } from "commander";
import { type ViewFlags, addViewOptions, parseCount, parseDuration, stuckAfterOption } from "./options.ts";
import type { Session } from "./run/session.ts";
import { top } from "./top/run-top.ts";
import { findSettings } from "./top/settings-file.ts";
import { THEMES, type ThemeName } from "../view/format/theme-names.ts";

interface TopFlags extends ViewFlags {
  readonly batch: boolean;
  readonly count?: number;
  readonly delay: number;
  readonly stuckAfter: number;
  readonly color: boolean;
  readonly ascii: boolean;
  readonly theme?: ThemeName;
  readonly mouse?: boolean;
  readonly config?: string;
}

/** Merges the flags with the settings file; `isGiven` says which flags are on the command line. */
async function topWithSettings(
  flags: TopFlags,
  isGiven: (flag: keyof TopFlags) => boolean,
  session: Session,
): Promise<void> {
  const { count, batch, delay, stuckAfter, color } = flags;
  const found = await findSettings(flags.config ?? null);
  const { settings } = found;
  const isScreen = session.stdout.isTTY === true && process.env["TERM"] !== "dumb";
  // The command line overrides the file.
  const options = {
    ...flags,
    batch: batch || count !== undefined || !isScreen,
    count: count ?? null,
    intervalMs: isGiven("delay") ? delay : (settings.interval ?? delay),
    stuckAfterMs: isGiven("stuckAfter") ? stuckAfter : (settings.stuckAfter ?? stuckAfter),
    theme: flags.theme ?? settings.theme ?? "default",
    mouse: flags.mouse ?? settings.mouse ?? false,
    settings: found,
    color: color && (process.env["NO_COLOR"] ?? "") === "",
  };
  await top(options, session);
}

const TOP_EXAMPLES = `
Examples:
  sudo tcptrace top
  sudo tcptrace top -b -n 3 -d 5s
  sudo tcptrace top --stuck-after 10s
`;

export function addTop(program: Command, session: Session): void {
  addViewOptions(program.command("top"))
    .description("show processes, their sockets and transition rates, live (plain tables with -b)")
    .option("-b, --batch", "print plain tables; the default when stdout is not a terminal", false)
    .option("-n, --count <N>", "print N plain tables", parseCount)
    .addOption(
      new Option("-d, --delay <DUR>", "time between tables or frames: 500ms 10s 5m, or seconds")
        .argParser(parseInterval)
        .default(1000, "1s"),
    )
    .addOption(stuckAfterOption())
    .option("--no-color", "no colours (or set NO_COLOR)")
    .option("--ascii", "ASCII characters only", false)
    .addOption(new Option("--theme <NAME>", "colours (T on the screen changes them)").choices(THEMES))
    .option("--mouse", "the wheel moves the cursor, a click selects (m on the screen)")
    .option(
      "--config <FILE>",
      "settings file; W on the screen writes it (default: $XDG_CONFIG_HOME/tcptrace/config.json)",
    )
    .addHelpText("after", TOP_EXAMPLES)
    .action((flags: TopFlags, command: Command) =>
      topWithSettings(flags, (flag) => command.getOptionValueSource(flag) === "cli", session),
    );
}

/** A duration of at least 100 ms. */
function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms < 100) throw new InvalidArgumentError("must be at least 100ms");
  return ms;
}
