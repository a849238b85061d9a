import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the project is, whatever folder this was compiled into. */
export const PROJECT = dirname(fileURLToPath(import.meta.resolve("#package.json")));
/** tcptrace as it is published. */
export const CLI = join(PROJECT, "build/cli.js");
/** Sources of the programs that make TCP traffic. */
export const WORKLOADS = join(PROJECT, "scripts/workload");
