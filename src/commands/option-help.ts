import type { Option } from "commander";

/**
 * An option's help, with choices and default as one would type them: `(default: 60s)`, and nothing for a flag that is
 * off.
 */
export function optionHelp({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const notes: string[] = [];
  if (argChoices !== undefined) notes.push(`choices: ${argChoices.join(", ")}`);
  const usual = defaultValueDescription ?? (typeof defaultValue === "string" ? defaultValue : undefined);
  if (usual !== undefined) notes.push(`default: ${usual}`);
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}
