// One run at a time has the cache: another would unpack into it, and remove what this one boots.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CACHE, Failure } from "./packages.mjs";

/** Waits for its turn; `tell` gets a line if that takes long. The lock ends with this process, however that ends. */
export async function lockCache(tell) {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, "lock");
  // flock(1) holds it as long as cat reads from a pipe that only this process has the other end of.
  const holder = spawn("flock", [file, "sh", "-c", "echo locked; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = setTimeout(() => tell(`another run has ${file}: waiting for its end`), 2000);
  const ended = once(holder, "exit").then(([code]) => `flock ended with ${code}`);
  const answer = await Promise.race([once(holder.stdout, "data"), ended]).catch(({ message }) => message);
  clearTimeout(waiting);
  if (typeof answer === "string") throw new Failure(`${file} cannot be locked: ${answer}`);
  holder.unref();
  holder.stdin.unref();
  holder.stdout.unref();
}
