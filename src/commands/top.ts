import { type Command, InvalidArgumentError, Option } from "commander";
import { type ViewFlags, addViewOptions, parseCount, parseDuration, stuckAfterOption } from "./options.ts";
import type { Session } from "./run/session.ts";
import { top } from "./top/run-top.ts";
import { findSettings } from "./top/settings-file.ts";
import { THEMES, type ThemeName } from "../view/format/theme-names.ts";

const INTERVAL_MS = 1000;

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

/** Joins the flags with the settings of the user; `isSaid` tells which flags are on the command line. */
async function topWithSettings(
  flags: TopFlags,
  isSaid: (flag: keyof TopFlags) => boolean,
  session: Session,
): Promise<void> {
  const { count, batch, delay, stuckAfter, color } = flags;
  const found = await findSettings(flags.config ?? null);
  const { settings } = found;
  const isScreen = session.stdout.isTTY === true && process.env["TERM"] !== "dumb";
  // What the command line says goes before what the file says.
  const options = {
    ...flags,
    batch: batch || count !== undefined || !isScreen,
    count: count ?? null,
    intervalMs: isSaid("delay") ? delay : (settings.interval ?? delay),
    stuckAfterMs: isSaid("stuckAfter") ? stuckAfter : (settings.stuckAfter ?? stuckAfter),
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
    .description("live view: processes, their sockets and transition rates (plain tables with -b)")
    .option("-b, --batch", "plain tables; also when stdout is no terminal", false)
    .option("-n, --count <N>", "plain tables, N of them", parseCount)
    .option("-d, --delay <DUR>", "time between two tables or frames", parseInterval, INTERVAL_MS)
    .addOption(stuckAfterOption())
    .option("--no-color", "no colours (also by NO_COLOR)")
    .option("--ascii", "no characters beyond ASCII", false)
    .addOption(new Option("--theme <NAME>", "colours (T in the view)").choices(THEMES))
    .option("--mouse", "the wheel moves, a click selects (m in the view)")
    .option("--config <FILE>", "settings; else $XDG_CONFIG_HOME/tcptrace/config.json (W in the view writes it)")
    .addHelpText("after", TOP_EXAMPLES)
    .action((flags: TopFlags, command: Command) =>
      topWithSettings(flags, (flag) => command.getOptionValueSource(flag) === "cli", session),
    );
}

/** A duration of at least 100 ms. */
function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms < 100) throw new InvalidArgumentError("the shortest is 100ms");
  return ms;
}
