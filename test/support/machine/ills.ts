import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { z } from "zod";
import { CLI, WORKLOAD } from "#test/support/project.ts";
import { netnsOf } from "#test/support/machine/workload.ts";

const Said = z.object({ server: z.number().nullable(), client: z.number(), port: z.number() });

/** A situation of scripts/workload/ills.py in its own network namespace. */
export interface Ill {
  readonly netns: number;
  readonly server: number | null;
  readonly client: number;
}

const Findings = z.array(
  z.strictObject({
    id: z.string(),
    severity: z.enum(["critical", "warning", "info"]),
    title: z.string().min(1),
    pid: z.number().int().positive().nullable(),
    comm: z.string().nullable(),
    evidence: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null(), z.array(z.string())])),
    advice: z.array(z.string().min(1)).min(1),
    avoid: z.array(z.strictObject({ what: z.string(), why: z.string() })),
    sources: z.array(z.string().min(1)).min(1),
  }),
);
export const Diagnosis = z.strictObject({
  time: z.iso.datetime(),
  source: z.enum(["bpf", "proc"]),
  seconds: z.number(),
  complete: z.boolean(),
  unreadable: z.number().int(),
  lost: z.number().int(),
  stuckAfterMs: z.number(),
  lookedAt: z.strictObject({
    sockets: z.number().int(),
    timeWait: z.number().int(),
    processes: z.number().int(),
    namespaces: z.number().int(),
    transitions: z.number().int(),
  }),
  findings: Findings,
  settings: z.array(
    z.strictObject({
      name: z.string(),
      netns: z.number().nullable(),
      value: z.string().nullable(),
      default: z.string(),
      does: z.string(),
      verdicts: z.array(z.strictObject({ finding: z.string(), helps: z.boolean(), why: z.string() })),
      sources: z.array(z.string()).min(1),
    }),
  ),
});
export type Diagnosis = z.infer<typeof Diagnosis>;

/** Situations that last until `end` is called. */
export class Ills {
  readonly #children: ChildProcess[] = [];

  async start(way: string, health: "ill" | "well"): Promise<Ill> {
    const script = 'ip link set lo up && exec python3 "$0" "$@"';
    const words = ["-n", "sh", "-c", script, join(WORKLOAD, "ills.py"), way, health];
    const child = spawn("unshare", words, { stdio: ["pipe", "pipe", "inherit"] });
    this.#children.push(child);
    const ended = once(child, "exit");
    const line = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
    if (child.exitCode !== null) throw new Error(`ills.py ${way} ${health} ended with ${child.exitCode}`);
    const { server, client } = Said.parse(JSON.parse(String(line)));
    return { server, client, netns: netnsOf(client) };
  }

  async end(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }),
    );
  }
}

/** The output of `tcptrace diagnose --json`; `prefix` is the command that runs node. */
export async function diagnoseJson(words: readonly string[], prefix: readonly string[] = []): Promise<Diagnosis> {
  const [file = "", ...rest] = [...prefix, process.execPath, CLI, "diagnose", "--json", ...words];
  const { stdout } = await promisify(execFile)(file, rest, { maxBuffer: 1 << 26 });
  return Diagnosis.parse(JSON.parse(stdout));
}
