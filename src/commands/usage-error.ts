import type { Command, CommanderError } from "commander";
import { UserError } from "../base/errors.ts";
import { safeText } from "../base/text.ts";

/** An error of the command line and what to try. `command` is "" if none was named. */
export function usageError(command: string, what: string, hint = tryHelp(command)): UserError {
  // A bad filter has its own code, because programs that build filters must recognize it.
  const code = what.startsWith(BAD_FILTER) ? "bad-filter" : "usage";
  return new UserError(code, command === "" ? what : `${command}: ${what}`, hint);
}

const BAD_FILTER = "invalid --filter: ";

function tryHelp(command: string): string {
  return `try: tcptrace ${command === "" ? "" : `${command} `}--help`;
}

/** Rewords an error of commander in the style of the other errors; one without a rule keeps its own words. */
export function commanderError({ code, message }: CommanderError, { name, args, arity }: Misused): UserError {
  if (code === "commander.help") return usageError("", "no command given");
  if (code === "commander.excessArguments")
    return usageError(name, `unexpected argument '${oneLine(args[arity] ?? "")}'`);
  return usageError(
    name,
    REWORDINGS.reduce((text, [from, to]) => text.replace(from, to), oneLine(message)),
  );
}

/** The command that was used wrongly. */
export interface Misused {
  readonly name: string;
  /** Its arguments, and the number that it accepts. */
  readonly args: readonly string[];
  readonly arity: number;
}

export function misused(command: Command): Misused {
  const name = command.parent === null ? "" : command.name();
  return { name, args: command.args, arity: command.registeredArguments.length };
}

/** Applied in this order. */
const REWORDINGS: readonly (readonly [from: RegExp, to: string])[] = [
  [/^error: /, ""],
  [/\(Did you mean /, "(did you mean "],
  // Long names only: `--count`, not `-c, --count <N>`.
  [/option '(?:-\w, )?(--[a-z-]+)[^']*'(?= (?:argument|not|cannot) )/, "$1"],
  [/with option '(?:-\w, )?(--[a-z-]+)[^']*'$/, "with $1"],
  [/^(--[a-z-]+) argument missing$/, "$1 needs a value"],
  [/^required (--[a-z-]+) not specified$/, "$1 is required"],
  [/\. Allowed choices are (.*), (\S+)\.$/, ". must be $1 or $2"],
  // The error of a filter quotes the bad term itself.
  [/^--filter argument '.*' is invalid\. /, BAD_FILTER],
  [/^(--[a-z-]+) argument '(.*)' is invalid\. /, "invalid $1 '$2': "],
];

function oneLine(text: string): string {
  return safeText(text.replaceAll(/\s*\n\s*/g, " ").trim());
}
