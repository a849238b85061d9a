import { type OwnCommand, ownCommand } from "../../host/machine/own-command.ts";

const COMMANDS = "top|events|leaks|churn|diagnose|explain|record|export|doctor";

/** A command line of tcptrace in a text; what follows `ssh host` runs on another machine. */
const COMMAND_LINE = new RegExp(
  `(?<!ssh host (?:sudo )?)(?<![./\\w-])(sudo )?tcptrace (?=(?:${COMMANDS}|--help)\\b)`,
  "g",
);

/** A line of examples, up to what it is good for. */
const EXAMPLE = /^( {2}(?:sudo )?tcptrace \S+(?: \S+)*)( {2,})(?=\S)/gm;

/** A text whose commands, written for an installed tcptrace, work however this one was started. */
export function asStarted(text: string, own: OwnCommand = ownCommand()): string {
  return text.replace(COMMAND_LINE, (_, sudo?: string) => `${sudo === undefined ? own.plain : own.asRoot} `);
}

/** A page of help whose examples do, with their explanations in one column still. */
export function helpAsStarted(help: string, own: OwnCommand = ownCommand()): string {
  const start = help.indexOf("\nExamples:\n");
  if (start < 0) return help;
  const examples = help
    .slice(start)
    .replace(EXAMPLE, (line, command: string) => `${asStarted(command, own).padEnd(line.length - 2)}  `);
  return help.slice(0, start) + asStarted(examples, own);
}

/** A finding whose advice does. */
export function adviceAsStarted<T extends { readonly advice: readonly string[] }>(finding: T): T {
  return { ...finding, advice: finding.advice.map((text) => asStarted(text)) };
}

/** What a user who is not root misses, and the command that shows it. */
export function withoutRoot(own: OwnCommand = ownCommand()): string {
  return `not root: only your own processes have names. All of them: ${own.againAsRoot}`;
}
