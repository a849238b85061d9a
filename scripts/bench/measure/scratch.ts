import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string | null = null;

/** A path in a temporary folder that is removed when this process exits. */
export function scratchFile(name: string): string {
  if (folder === null) {
    const made = mkdtempSync(join(tmpdir(), "tcptrace-bench-"));
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return join(folder, name);
}
