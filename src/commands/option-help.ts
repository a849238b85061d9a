import type { Option } from "commander";

/** The help of an option. Default and choices are as a person types them; a flag that is off has no default. */
export function optionHelp({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const notes: string[] = [];
  if (argChoices !== undefined) notes.push(`choices: ${argChoices.join(", ")}`);
  const usual = defaultValueDescription ?? (typeof defaultValue === "string" ? defaultValue : undefined);
  if (usual !== undefined) notes.push(`default: ${usual}`);
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}
