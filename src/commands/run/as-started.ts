import { type OwnCommand, ownCommand } from "../../host/machine/own-command.ts";

const COMMANDS = "top|events|leaks|churn|diagnose|explain|record|export|doctor|help";

/** A command line of tcptrace in a text, but not one after `ssh host`, which runs on another machine. */
const COMMAND_LINE = new RegExp(
  `(?<!ssh host (?:sudo )?)(?<![./\\w-])(sudo )?tcptrace (?=(?:${COMMANDS}|--help)\\b)`,
  "g",
);

/** The command of an example, up to its explanation. */
const EXAMPLE = /^( {2}(?:sudo )?tcptrace \S+(?: \S+)*)( {2,})(?=\S)/gm;

/** Rewrites the commands in a text, written for an installed tcptrace, to work for this one, such as in a checkout. */
export function asStarted(text: string, own: OwnCommand = ownCommand()): string {
  return text.replace(COMMAND_LINE, (_, sudo?: string) => `${sudo === undefined ? own.plain : own.asRoot} `);
}

/** Rewrites the examples of a help page, and keeps their explanations in one column. */
export function helpAsStarted(help: string, own: OwnCommand = ownCommand()): string {
  const start = help.indexOf("\nExamples:\n");
  if (start < 0) return help;
  const examples = help
    .slice(start)
    .replace(EXAMPLE, (line, command: string) => `${asStarted(command, own).padEnd(line.length - 2)}  `);
  return help.slice(0, start) + asStarted(examples, own);
}

/** Rewrites the advice of findings. The command is looked up once: `top` has its findings reworded every second. */
export function adviceAsStarted(
  own: OwnCommand = ownCommand(),
): <T extends { readonly advice: readonly string[] }>(finding: T) => T {
  return (finding) => ({ ...finding, advice: finding.advice.map((text) => asStarted(text, own)) });
}

/** What a user without root does not see, and the command that shows it. */
export function withoutRoot(own: OwnCommand = ownCommand()): string {
  return `not root: processes of other users have no names: try: ${own.againAsRoot}`;
}
