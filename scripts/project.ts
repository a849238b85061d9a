import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root, independent of where this file was compiled to. */
export const PROJECT = dirname(fileURLToPath(import.meta.resolve("#package.json")));
/** The built tcptrace. */
export const CLI = join(PROJECT, "build/cli.js");
/** The sources of the workload programs. */
export const WORKLOADS = join(PROJECT, "scripts/workload");
