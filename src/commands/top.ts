import type { Command } from "commander";
import { Option } from "commander";
import { STUCK_AFTER_MS, type ViewFlags, live, parseCount, parseDuration, parseInterval } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { top } from "./top/run-top.ts";
import { findSettings } from "./top/settings-file.ts";
import { THEMES, type ThemeName } from "../view/format/theme-names.ts";

const INTERVAL_MS = 1000;

const TOP_EXAMPLES = `
Examples:
  sudo tcptrace top
  sudo tcptrace top -b -n 3 -d 5s
  sudo tcptrace top --stuck-after 10s
`;

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

export function addTop(program: Command, outcome: Outcome, shutdown: AbortController): void {
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
