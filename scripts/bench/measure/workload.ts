// Starts the programs of scripts/workload.
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { type Background, startInBackground } from "./background.ts";
import { scratchFile } from "./scratch.ts";
import { WORKLOADS } from "../../project.ts";

/** Transitions of one connection of churn.c: five on each side. */
export const TRANSITIONS = 10;
/** Below the hard limit of descriptors per process on many machines. */
const MOST_DESCRIPTORS = 18_000;
/** A number of connections that churn.c never reaches. */
const ENDLESS = 100_000_000;

/** Compiles a C program of scripts/workload once; returns its path. */
export function compileWorkload(name: "churn" | "many"): string {
  const program = scratchFile(name);
  if (!existsSync(program)) execFileSync("cc", ["-O2", "-Wall", "-o", program, join(WORKLOADS, `${name}.c`)]);
  return program;
}

/** The result of churn.c. */
export interface Churn {
  readonly server: number;
  readonly client: number;
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
}

/** Opens and closes connections, at full speed unless `perSecond` is given. */
export async function runChurn(connections: number, perSecond = 0): Promise<Churn> {
  const { stdout } = await promisify(execFile)(compileWorkload("churn"), [String(connections), String(perSecond)]);
  return readChurn(stdout);
}

/** Parses the line that churn.c prints at its end. */
function readChurn(text: string): Churn {
  const said = /server=(\d+) client=(\d+) port=(\d+) connections=(\d+) seconds=([\d.]+)/.exec(text);
  if (said === null) throw new Error(`churn said: ${text}`);
  const [, server, client, port, connections, seconds] = said;
  return {
    server: Number(server),
    client: Number(client),
    port: Number(port),
    connections: Number(connections),
    seconds: Number(seconds),
  };
}

/** Opens and closes connections until it is stopped. */
export function startChurn(perSecond: number): Background {
  return startInBackground(compileWorkload("churn"), [String(ENDLESS), String(perSecond)], "ignore");
}

/** Established connections that stay open until `close`, with the number of their sockets and processes. */
export interface OpenSockets {
  readonly sockets: number;
  readonly processes: number;
  close(): Promise<void>;
}

export async function openSockets(sockets: number): Promise<OpenSockets> {
  const processes = Math.ceil(sockets / MOST_DESCRIPTORS);
  const words = [String(Math.floor(sockets / 2)), String(processes)];
  const many = startInBackground(compileWorkload("many"), words, ["pipe", "pipe", "inherit"]);
  const line = await Promise.race([once(createInterface(many.stdout), "line"), many.ended]);
  const opened = /sockets=(\d+)/.exec(String(line))?.[1];
  if (opened === undefined) throw new Error("cannot open the sockets");
  return {
    sockets: Number(opened),
    processes,
    async close() {
      many.stdin.end();
      await many.ended;
    },
  };
}
