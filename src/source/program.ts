import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Program } from "./choose.ts";

/** The text of a whole bpftrace program: the clock and the count that all share, then the probes. */
export function programText(program: Program): string {
  return ["wire", `transitions-${program}`]
    .map((part) => readFileSync(fileURLToPath(import.meta.resolve(`#probes/${part}.bt`)), "utf8"))
    .join("\n");
}
