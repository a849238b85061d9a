import { parseArgs } from "node:util";

/**
 * Reads the numbers on the command line, as `--name N` or, without a name, in the order of `defaults`. Anything else is
 * a usage error (exit code 2).
 */
export function readNumbers<Name extends string>(defaults: Readonly<Record<Name, number>>): Record<Name, number> {
  const found: Record<Name, number> = { ...defaults };
  try {
    const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: "string" as const }]));
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    for (const name in found) {
      const text = values[name] ?? positionals.shift();
      if (typeof text === "string") found[name] = readNumber(text);
    }
    if (positionals.length > 0) throw new RangeError(`too many arguments: ${positionals.join(" ")}`);
  } catch (error) {
    refuse(error);
  }
  return found;
}

/** Throws RangeError unless the text is a number of at least 0. */
export function readNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0)) throw new RangeError(`not a number: ${text}`);
  return number;
}

/** Exits with a usage error. */
export function refuse(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
}
