import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The built program. */
export const CLI = join(ROOT, "build/cli.js");
export const WORKLOAD = join(ROOT, "scripts/workload");
