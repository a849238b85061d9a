// Only one run at a time may use the cache: another would unpack into it and remove what this one boots.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { CACHE } from "./packages.ts";
import { Failure } from "./run.ts";

/** Waits for the lock, with a line to `say` if that takes long. The lock is released whenever this process ends. */
export async function lockCache(say: (line: string) => void): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, "lock");
  // flock(1) holds the lock while cat reads from a pipe whose other end only this process has.
  const holder = spawn("flock", [file, "sh", "-c", "echo locked; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = setTimeout(() => say(`waiting for another run to release ${file}`), 2000);
  const ended = once(holder, "exit").then(([code]) => `flock ended with ${code}`);
  const failure = await Promise.race([once(holder.stdout, "data").then(() => null), ended]).catch(String);
  clearTimeout(waiting);
  if (failure !== null) throw new Failure(`${file} cannot be locked: ${failure}`);
  holder.unref();
  for (const pipe of [holder.stdin, holder.stdout]) unref(pipe);
}

/** Lets this process exit while the pipe is open. */
function unref(pipe: Readable | Writable): void {
  if (pipe instanceof Socket) pipe.unref();
}
