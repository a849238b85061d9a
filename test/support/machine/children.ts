import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import net from "node:net";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** A child that runs until the test ends: its pid, and the words of the line it printed when ready. */
export interface Child {
  readonly pid: number;
  readonly ready: readonly string[];
}

export interface ChildOptions {
  /** The command that runs node, such as `["unshare", "-n"]`. It must exec, so that the pid is node's. */
  readonly prefix?: readonly string[];
  /** Passed to the child as descriptor 3. */
  readonly inherit?: number;
}

/** Runs a script in node and waits for its line; the child lives until the test ends. */
export async function startChild(script: string, { prefix = [], inherit }: ChildOptions = {}): Promise<Child> {
  const [program, ...words] = [...prefix, process.execPath, "-e", `${script}\nprocess.stdin.resume();`];
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit", inherit ?? "ignore"] });
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  if (child.stdout === null || child.pid === undefined) throw new Error("the child has no pipe");
  const [line] = await once(createInterface(child.stdout), "line");
  return { pid: child.pid, ready: String(line).split(" ") };
}

/** The pid of a process that has ended. */
export async function gonePid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  if (child.pid === undefined) throw new Error("no pid");
  return child.pid;
}

/** A listener of this process, closed when the test ends. Its connections are never read. */
export async function listen(host: string): Promise<{ server: net.Server; port: number }> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, host);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { server, port: portOf(server) };
}

/** Connects to a listener of this process; both sockets are destroyed when the test ends. */
export async function connect(server: net.Server, host: string): Promise<{ client: net.Socket; accepted: net.Socket }> {
  const client = net.connect(portOf(server), host);
  const accepting = new Promise<net.Socket>((resolve) => server.once("connection", resolve));
  const [accepted] = await Promise.all([accepting, once(client, "connect")]);
  onTestFinished(() => {
    client.destroy();
    accepted.destroy();
  });
  return { client, accepted };
}

function portOf(server: net.Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** The descriptor of a socket or listener of this process, and the inode that the kernel gives for it. */
export function descriptorOf(handle: net.Server | net.Socket): { fd: number; inode: number } {
  // Node has no public API for it.
  const fd = Number(Reflect.get(Object(Reflect.get(handle, "_handle")), "fd"));
  return { fd, inode: fstatSync(fd).ino };
}

/** Runs `work` as the user nobody, who may not read root's processes. */
export async function asNobody<T>(work: () => Promise<T> | T): Promise<T> {
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
