// Starts tcptrace, or another tracer of TCP states, and waits until it traces.
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Background, startInBackground } from "./background.ts";
import { scratchFile } from "./scratch.ts";
import { CLI } from "../../project.ts";

const STEP_MS = 50;

/** How to start a tracer. */
export interface TracerCommand {
  readonly words: readonly [file: string, ...rest: string[]];
  /** Printed on stderr once it traces; null: it prints nothing. */
  readonly ready: RegExp | null;
}

export interface Tracer {
  readonly process: Background;
  /** Its stderr so far. */
  readonly stderr: () => string;
}

let started = 0;

/** The command that runs the built tcptrace. */
export function tcptrace(...words: readonly string[]): TracerCommand {
  return { words: [process.execPath, CLI, ...words], ready: / probes$/m };
}

/** Resolves once it traces. Throws if it ends first. */
export async function startTracer(
  { words, ready }: TracerCommand,
  stdout: "pipe" | "ignore" | number,
): Promise<Tracer> {
  const log = scratchFile(`stderr-${started++}`);
  const stderr = openSync(log, "w");
  const [file, ...rest] = words;
  const background = startInBackground(file, rest, ["ignore", stdout, stderr]);
  closeSync(stderr);
  const said = (): string => readFileSync(log, "utf8");
  const isReady = (): boolean => ready === null || ready.test(said());
  while (!isReady()) {
    if (!background.isRunning) throw new Error(`${words.join(" ")} has ended: ${said()}`);
    await sleep(STEP_MS);
  }
  return { process: background, stderr: said };
}
