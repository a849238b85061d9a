import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, onTestFinished } from "vitest";
import { z } from "zod";
import { WORKLOAD } from "#test/support/project.ts";

const END_MS = 5000;

const pid = z.int().positive();
const count = z.int().nonnegative();
const port = z.int().positive().nullable();

const memberSchema = z.strictObject({
  way: z.string(),
  pid,
  comm: z.string(),
  /** Sockets in CLOSE_WAIT that it is charged with. */
  closeWait: count,
  /** How many of them are still in the accept queue, without an inode. */
  notAccepted: count,
  /** Sockets in ESTABLISHED next to them in the queue. */
  establishedNotAccepted: count,
  /** How many of them have an open file descriptor. */
  descriptors: count,
  /** Of each of its sockets, as ss prints it: an unread FIN counts as 1. */
  recvQueue: count,
  /** Other processes that hold the same sockets. */
  sharedWith: z.array(pid),
  /** The port that it listens on, or inherited; null if it connects. */
  localPort: port,
  /** The port that it connects to; null if it listens. */
  remotePort: port,
  /** The number of its network namespace, as the kernel prints it. */
  netns: z.int().positive(),
});

const innocentSchema = z.strictObject({
  way: z.string(),
  pid,
  comm: z.string(),
  why: z.string(),
  /** Sockets in CLOSE_WAIT that it legitimately has; null: the number varies. */
  closeWait: count.nullable(),
});

const worldSchema = z.strictObject({ members: z.array(memberSchema), innocent: z.array(innocentSchema) });

/** A process that leaks, with the expected results. */
type Member = Readonly<z.infer<typeof memberSchema>>;

/** A process that is involved in the leaks or looks like a leak, but does not leak. */
type Innocent = Readonly<z.infer<typeof innocentSchema>>;

export interface World {
  readonly members: readonly Member[];
  readonly innocent: readonly Innocent[];
}

let folder: string | null = null;

/** uring.c, compiled once per test file. */
function uring(): string {
  if (folder !== null) return join(folder, "uring");
  folder = mkdtempSync(join(tmpdir(), "tcptrace-world-"));
  const path = join(folder, "uring");
  execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-o", path, join(WORKLOAD, "uring.c")]);
  return path;
}

afterAll(() => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
  folder = null;
});

/** Starts world.py, whose processes leak sockets in every possible way until the test ends. */
export async function startWorld(): Promise<World> {
  const child = spawn("python3", [join(WORKLOAD, "world.py"), "--uring", uring()], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit").then(() => null);
  onTestFinished(async () => {
    child.stdin.end();
    const patience = new AbortController();
    const late = sleep(END_MS, true, { signal: patience.signal }).catch(() => false);
    if (await Promise.race([ended, late])) child.kill("SIGKILL");
    patience.abort();
    await ended;
  });
  const line = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  if (line === null) throw new Error(`world.py ended with ${child.exitCode ?? child.signalCode}`);
  return worldSchema.parse(JSON.parse(String(line)));
}
