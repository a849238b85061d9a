import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { netnsOf } from "#test/support/machine/workload.ts";

export interface Netns {
  /** A process in it. */
  readonly pid: number;
  readonly number: number;
  /** The command prefix that runs a program in it. */
  readonly enter: readonly string[];
}

/** A network namespace with only loopback, until the test ends. */
export async function startNetns(): Promise<Netns> {
  const child = spawn("unshare", ["-n", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  if (child.pid === undefined || child.exitCode !== null) throw new Error("no network namespace");
  return { pid: child.pid, number: netnsOf(child.pid), enter: ["nsenter", `--net=/proc/${child.pid}/ns/net`] };
}
