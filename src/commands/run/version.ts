import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** The version of tcptrace, from package.json. */
export function version(): string {
  const path = fileURLToPath(import.meta.resolve("#package.json"));
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, "utf8"))).version;
}
