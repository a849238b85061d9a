// The guest's workload: 300 connections between two processes, and some for each other way to close.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Ending, Way, WayEnding } from "./cell-result.ts";
import { awaitClosed } from "./kernel-rows.ts";
import { STEP_MS, within } from "./wait.ts";

const CONNECTIONS = 300;
const OF_EACH_WAY = 5;
const WAYS: readonly Way[] = [
  "close",
  "shutdown",
  "both",
  "linger0",
  "unread",
  "reset",
  "linger2",
  "killed",
  "orphan-reset",
];
const WORKLOAD = "/app/workload";

/** A child process whose output is read line by line. */
class Child {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(file: string, words: readonly string[]) {
    this.#process = spawn(file, words, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
    this.#ended = once(this.#process, "exit");
  }

  /** The numbers in its next line, which must match the pattern. */
  async numbers(pattern: RegExp): Promise<number[]> {
    const { done, value } = await within(this.#lines.next(), STEP_MS, "the workload");
    if (done === true) throw new Error("the workload ended");
    const found = pattern.exec(value);
    if (found === null) throw new Error(`unexpected line of the workload: ${value}`);
    return found.slice(1).map(Number);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#process.stdin.end();
    this.#process.kill(signal);
    await this.#ended;
  }
}

export interface Pair {
  readonly ending: Ending;
  readonly connections: number;
  /** Stops the server, which listens until then. */
  readonly end: () => Promise<void>;
}

/** A client process opens connections to a server process and closes each at once. */
export async function runPair(): Promise<Pair> {
  const server = new Child(join(WORKLOAD, "pair"), ["serve", "127.0.0.1"]);
  const [pid = 0, port = 0] = await server.numbers(/^pid=(\d+) port=(\d+)$/);
  const client = new Child(join(WORKLOAD, "pair"), ["connect", "127.0.0.1", `${port}`, `${CONNECTIONS}`]);
  const [clientPid = 0] = await client.numbers(/^pid=(\d+)/);
  const standing = await awaitClosed(port);
  return {
    ending: { port, server: pid, client: clientPid, standing },
    connections: CONNECTIONS,
    end: async () => server.end("SIGKILL"),
  };
}

/** Connections for every way to close. */
export async function runEndings(): Promise<WayEnding[]> {
  const children = WAYS.map((way) => ({
    way,
    child: new Child("python3", [join(WORKLOAD, "closes.py"), way, `${OF_EACH_WAY}`]),
  }));
  // Read the mini-sockets of each way at once: they last only a minute.
  const endings = await Promise.all(
    children.map(async ({ way, child }) => {
      const [server = 0, client = 0, port = 0] = await child.numbers(/^server=(\d+) client=(\d+) port=(\d+)$/);
      return { way, server, client, port, count: OF_EACH_WAY, standing: await awaitClosed(port) };
    }),
  );
  for (const { child } of children) await child.end("SIGTERM");
  return endings;
}
