import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, onTestFinished } from "vitest";
import { childrenOf } from "#test/support/machine/process-tree.ts";
import { WORKLOAD } from "#test/support/project.ts";
import { until } from "#test/support/until.ts";

let folder: string | null = null;
const compiled = new Map<string, string>();

/** A program of scripts/workload, compiled once per test file. */
function program(name: "churn" | "pair"): string {
  if (folder === null) {
    const made = mkdtempSync(join(tmpdir(), "tcptrace-workload-"));
    // Other users must be able to run it.
    chmodSync(made, 0o755);
    folder = made;
  }
  let path = compiled.get(name);
  if (path === undefined) {
    path = join(folder, name);
    execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-o", path, join(WORKLOAD, `${name}.c`)]);
    compiled.set(name, path);
  }
  return path;
}

afterAll(() => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
  folder = null;
  compiled.clear();
});

/** A process of the workload. */
export interface Worker {
  readonly pid: number;
  readonly port: number;
}

export interface WorkerOptions {
  /** The process's name: at most 15 bytes, without NUL. */
  readonly name?: Uint8Array;
  /** The command that runs it, such as `["nsenter", …]`. It must exec. */
  readonly prefix?: readonly string[];
}

interface Started extends Worker {
  readonly ended: Promise<number | null>;
}

async function start(words: readonly string[], { name, prefix = [] }: WorkerOptions): Promise<Started> {
  const [file = "", ...rest] = [...prefix, ...words];
  const env = name === undefined ? process.env : { ...process.env, PAIR_NAME: Buffer.from(name).toString("hex") };
  const child = spawn(file, rest, { stdio: ["ignore", "pipe", "inherit"], env });
  const ended = once(child, "exit").then(() => child.exitCode);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const line = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  const [, pid, port] = /^pid=(\d+) port=(\d+)$/.exec(String(line)) ?? [];
  if (pid === undefined) throw new Error(`${rest.join(" ")} ended with ${String(line)}`);
  return { pid: Number(pid), port: Number(port), ended };
}

/** A server process that accepts one connection after another until the test ends. */
export async function serve(
  address: string,
  how: "close" | "leak" | "hangup" = "close",
  options: WorkerOptions = {},
): Promise<Worker> {
  return start([program("pair"), "serve", address, how], options);
}

export interface ConnectOptions extends WorkerOptions {
  /** Absent: full speed. */
  readonly perSecond?: number;
  /** Fill the connection before the close: it stays in FIN_WAIT1 while the server reads nothing. */
  readonly stuff?: boolean;
}

/** A client process that opens connections and closes each at once; resolves when it has ended. */
export async function connectAndClose(
  address: string,
  port: number,
  connections: number,
  { perSecond = 0, stuff = false, ...options }: ConnectOptions = {},
): Promise<Worker> {
  const words = ["connect", address, port, connections, stuff ? "stuff" : "close", perSecond].map(String);
  const client = await start([program("pair"), ...words], options);
  const code = await client.ended;
  if (code !== 0) throw new Error(`the client ended with ${code}`);
  return client;
}

/** A client process that keeps connections open after the server has closed them, until the test ends. */
export async function leak(
  address: string,
  port: number,
  connections: number,
  options: WorkerOptions = {},
): Promise<Worker> {
  return start([program("pair"), "connect", address, String(port), String(connections), "leak"], options);
}

export interface Churn {
  readonly server: number;
  readonly client: number;
  readonly port: number;
}

/** Opens and closes connections at full speed, with a server and a client process; resolves when they have ended. */
export async function churn(connections: number): Promise<Churn> {
  const child = spawn(program("churn"), [String(connections)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  const [, server, client, port] = /^server=(\d+) client=(\d+) port=(\d+) /.exec(text) ?? [];
  if (child.exitCode !== 0 || server === undefined) throw new Error(`churn ended with ${child.exitCode}: ${text}`);
  return { server: Number(server), client: Number(client), port: Number(port) };
}

const WAITING = new Set(["05", "06"]);
const CLOSE_WAIT = "08";
const LISTEN = "0A";

/**
 * Waits until the kernel has closed all connections of a port. Listeners and mini-sockets in TIME_WAIT or FIN_WAIT2 may
 * remain, since they cause no more transitions. A FIN may be lost even on loopback and is retransmitted after 200 ms.
 */
export async function closed(port: number, pid: number | "self" = "self"): Promise<void> {
  await until(`the connections of port ${port} to close`, () => openSockets(port, pid) === 0);
}

function openSockets(port: number, pid: number | "self"): number {
  return rowsOf(pid).filter(({ local, remote, state, inode }) => {
    if (!local.endsWith(hexPort(port)) && !remote.endsWith(hexPort(port))) return false;
    return state !== LISTEN && !(WAITING.has(state) && inode === "0");
  }).length;
}

/** The local endpoints on 127.0.0.1 of connections in CLOSE_WAIT to a port, from /proc: `127.0.0.1:4242`. */
export function closeWaitsToward(port: number): string[] {
  return rowsOf("self")
    .filter(({ remote, state }) => state === CLOSE_WAIT && remote.endsWith(hexPort(port)))
    .map(({ local }) => `127.0.0.1:${Number.parseInt(local.slice(-4), 16)}`);
}

interface Row {
  readonly local: string;
  readonly remote: string;
  readonly state: string;
  readonly inode: string;
}

function rowsOf(pid: number | "self"): Row[] {
  return ["tcp", "tcp6"].flatMap((file) =>
    readFileSync(`/proc/${pid}/net/${file}`, "latin1")
      .split("\n")
      .slice(1)
      .map((row) => {
        const [, local = "", remote = "", state = "", , , , , , inode = ""] = row.trim().split(/\s+/);
        return { local, remote, state, inode };
      }),
  );
}

function hexPort(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The number of a process's network namespace, as the kernel prints it. */
export function netnsOf(pid: number | "self"): number {
  const [, inode] = /^net:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/net`)) ?? [];
  return Number(inode);
}

/** scripts/workload/leaker.py, running until the test ends; `said` waits for a line of its output. */
export async function leaker(...words: readonly (string | number)[]): Promise<{
  readonly pid: number;
  said: (line: RegExp) => Promise<RegExpExecArray>;
}> {
  const child = spawn("python3", [join(WORKLOAD, "leaker.py"), ...words.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const said = async (line: RegExp): Promise<RegExpExecArray> =>
    until(
      () => `leaker.py to say ${line.source}; it said ${text}`,
      () => line.exec(text) ?? undefined,
    );
  return { pid: Number((await said(/^pid=(\d+)$/m))[1]), said };
}

/** This many connections per second in the background until the test ends, with ten transitions each. */
export async function backgroundChurn(perSecond: number): Promise<{ readonly pids: ReadonlySet<number> }> {
  const child = spawn(program("churn"), ["100000000", String(perSecond)], { stdio: "ignore" });
  const ended = once(child, "exit");
  const { pid } = child;
  if (pid === undefined) throw new Error("churn could not be started");
  const server = await until("churn's server", () => childrenOf(pid)[0]?.pid);
  onTestFinished(async () => {
    process.kill(server, "SIGKILL");
    child.kill("SIGKILL");
    await ended;
  });
  return { pids: new Set([pid, server]) };
}
