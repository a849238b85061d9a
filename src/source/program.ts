import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Program } from "./choose.ts";

/** The files of probes/ that make up each program; the clock and the count come first. */
const PARTS: Record<Program, readonly string[]> = {
  full: ["wire.bt", "ask.bt", "transitions-full.bt"],
  kprobe: ["wire.bt", "functions-kprobe.bt"],
  fentry: ["wire.bt", "functions-fentry.bt"],
  basic: ["wire.bt", "ask.bt", "transitions-basic.bt"],
};

/** The text of a whole bpftrace program. A line `// include NAME` stands for that file, which several probes share. */
export function programText(program: Program): string {
  return PARTS[program].map(textOf).join("\n");
}

function textOf(part: string): string {
  const text = readFileSync(fileURLToPath(import.meta.resolve(`#probes/${part}`)), "utf8");
  return text.replaceAll(/^ *\/\/ include (\S+)$/gm, (_line, name: string) => textOf(name));
}
