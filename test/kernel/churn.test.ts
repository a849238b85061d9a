import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { type Netns, startNetns } from "#test/support/machine/netns.ts";
import { startTcptrace, type Tcptrace, traceEvents, type TransitionLine } from "#test/support/machine/tcptrace.ts";
import { ROOT } from "#test/support/project.ts";
import { until } from "#test/support/until.ts";
import { connectAndClose, serve } from "#test/support/machine/workload.ts";

const made = { enteredPerSecond: z.number(), entered: z.number().int(), now: z.number().int() };
const counted = {
  now: z.number().int(),
  finWait2: z.number().int(),
  kernel: z.number().int().nullable(),
  limit: z.number().int().nullable(),
  overflowed: z.number().int().nullable(),
  recycled: z.number().int().nullable(),
};
const Report = z.strictObject({
  time: z.iso.datetime(),
  seconds: z.number(),
  source: z.enum(["bpf", "proc"]),
  lost: z.number().int(),
  complete: z.boolean(),
  timeWait: z.strictObject({ ...counted, enteredPerSecond: z.number() }),
  namespaces: z.array(z.strictObject({ netns: z.number(), ...counted })),
  processes: z.array(z.strictObject({ pid: z.number().int(), comm: z.string(), ...made })),
  unowned: z.strictObject(made).nullable(),
  destinations: z.array(
    z.strictObject({
      source: z.string(),
      destination: z.string(),
      side: z.enum(["client", "server"]),
      netns: z.number().nullable(),
      timeWait: z.number().int(),
      enteredPerSecond: z.number(),
      inUse: z.number().int(),
      reusable: z.number().int(),
      ports: z.number().int().nullable(),
      exhaustedInMs: z.number().nullable(),
      processes: z.array(z.strictObject({ pid: z.number().int(), comm: z.string(), inUse: z.number().int() })),
    }),
  ),
});
type Report = z.infer<typeof Report>;

/** Ends a `churn --json` and parses its report. */
async function stopChurn(churn: Tcptrace): Promise<Report> {
  expect(await churn.stop()).toEqual({ code: 0, signal: null });
  return Report.parse(JSON.parse(churn.stdout));
}

async function startChurn(...words: readonly string[]): Promise<Tcptrace> {
  const churn = startTcptrace(["churn", "--json", "--duration", "10m", ...words]);
  if (words.includes("proc")) await churn.until("polling", () => churn.stderr.includes("/proc at most every"));
  else await churn.tracing();
  return churn;
}

interface Pair {
  readonly server: number;
  readonly client: number;
  readonly port: number;
}

/** Returns the next line that the script prints. */
interface Script {
  (): Promise<string>;
  /** Sends it an empty line. */
  goOn: () => void;
}

/**
 * Runs a script of scripts/workload in a namespace and reads its output line by line. It is ended when the test ends.
 */
async function play(netns: Netns, script: string, ...words: readonly (string | number)[]): Promise<Script> {
  const [file = "", ...enter] = netns.enter;
  const command = [...enter, "python3", join(ROOT, "scripts/workload", script), ...words.map(String)];
  const child = spawn(file, command, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.stdin.end();
    await ended;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error(`${script} ${words.join(" ")} ended`);
    return value;
  };
  return Object.assign(next, { goOn: () => void child.stdin.write("\n") });
}

function pairOf(line: string): Pair {
  const [, server, client, port] = /^server=(\d+) client=(\d+) port=(\d+)$/.exec(line) ?? [];
  if (server === undefined) throw new Error(`not understood: ${line}`);
  return { server: Number(server), client: Number(client), port: Number(port) };
}

/**
 * Connections that have ended in one of the ways of scripts/workload/closes.py; its processes run until the test ends.
 */
async function closes(netns: Netns, way: string, connections: number): Promise<Pair> {
  const said = await play(netns, "closes.py", way, connections);
  return pairOf(await said());
}

/** Sets a sysctl of net.ipv4 in a namespace. */
function set(netns: Netns, name: string, value: string): void {
  const [file = "", ...enter] = netns.enter;
  execFileSync(file, [...enter, "sh", "-c", `echo "${value}" > /proc/sys/net/ipv4/${name}`]);
}

const TIME_WAIT_TIMER = "03";

/** The kernel's mini-sockets of a port, on the client's side and on the server's, as /proc/net/tcp shows them. */
function kernelRows({ pid }: Netns, port: number): { client: number; server: number } {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = { client: 0, server: 0 };
  for (const row of readFileSync(`/proc/${pid}/net/tcp`, "latin1").split("\n").slice(1)) {
    const [, local = "", remote = "", , , timer = ""] = row.trim().split(/\s+/);
    if (!timer.startsWith(TIME_WAIT_TIMER)) continue;
    if (local.endsWith(`:${hex}`)) rows.server++;
    else if (remote.endsWith(`:${hex}`)) rows.client++;
  }
  return rows;
}

/** The kernel's count of a namespace's mini-sockets. */
function sockstat({ pid }: Netns): number {
  const [, count] = /^TCP: .* tw (\d+)/m.exec(readFileSync(`/proc/${pid}/net/sockstat`, "latin1")) ?? [];
  return Number(count);
}

const N = 10;

/**
 * How connections end: what each side's socket leaves behind, and why, and the mini-sockets that remain. Where several
 * causes are listed, the kernel's timing chooses one.
 */
const WAYS: readonly {
  readonly way: string;
  readonly client: readonly string[];
  readonly server: readonly string[];
  readonly entered: { readonly client: number; readonly server: number };
  readonly standing: { readonly client: number; readonly server: number };
}[] = [
  ending("close", ["FIN_WAIT2 close", "FIN_WAIT2 time-wait"], ["LAST_ACK ack"], [N, 0], [N, 0]),
  ending("shutdown", ["FIN_WAIT2 time-wait"], ["LAST_ACK ack"], [N, 0], [N, 0]),
  ending("both", ["CLOSING time-wait"], ["FIN_WAIT2 time-wait"], [N, N], [N, N]),
  ending("linger0", ["ESTABLISHED abort"], ["ESTABLISHED reset"], [0, 0], [0, 0]),
  ending("unread", ["ESTABLISHED abort"], ["ESTABLISHED reset"], [0, 0], [0, 0]),
  ending("reset", ["FIN_WAIT2 reset"], ["CLOSE_WAIT abort"], [0, 0], [0, 0]),
  ending("linger2", ["FIN_WAIT2 abort"], ["LAST_ACK ack", "LAST_ACK reset", "CLOSE_WAIT reset"], [0, 0], [0, 0]),
  ending("killed", ["FIN_WAIT2 abort"], ["CLOSE_WAIT reset"], [0, 0], [0, 0]),
  ending("orphan-reset", ["FIN_WAIT2 close"], ["CLOSE_WAIT abort"], [N, 0], [0, 0]),
  ending("idle", ["FIN_WAIT2 close"], [], [N, 0], [N, 0]),
];

function ending(
  name: string,
  client: readonly string[],
  server: readonly string[],
  [enteredClient, enteredServer]: readonly [number, number],
  [clientStands, serverStands]: readonly [number, number],
): (typeof WAYS)[number] {
  const entered = { client: enteredClient, server: enteredServer };
  return { way: name, client, server, entered, standing: { client: clientStands, server: serverStands } };
}

/** How the sockets of one side of a port have ended: the state that they left behind, and the cause. */
function ends(transitions: readonly TransitionLine[], port: number, side: "local" | "remote"): Set<string> {
  const ended = transitions.filter((one) => one.to === "CLOSE" && one.from !== "LISTEN");
  const own = ended.filter((one) => one[side]?.endsWith(`:${port}`) === true);
  // The end of a socket that no program saw has been inferred from what it left behind.
  return new Set(own.filter(({ cause }) => cause !== "poll").map(({ from, cause }) => `${from} ${cause}`));
}

describe("the ends of connections", () => {
  it("are distinguished, and tcptrace counts the same mini-sockets as the kernel", async () => {
    const netns = await startNetns();
    const churn = await startChurn();
    const events = await traceEvents();
    const pairs = new Map<string, Pair>();
    for (const { way } of WAYS) pairs.set(way, await closes(netns, way, N));
    expect(await events.stop()).toEqual({ code: 0, signal: null });
    const report = await stopChurn(churn);
    const transitions = events.transitions();
    expect(report.namespaces.find((one) => one.netns === netns.number)).toMatchObject({
      now: sockstat(netns),
      kernel: sockstat(netns),
    });
    for (const { way, client, server, entered, standing } of WAYS) {
      const pair = pairs.get(way);
      if (pair === undefined) throw new Error(way);
      const of = (side: "client" | "server"): number =>
        report.destinations.find((one) => one.destination === `127.0.0.1:${pair.port}` && one.side === side)
          ?.timeWait ?? 0;
      const by = (pid: number): number => report.processes.find((one) => one.pid === pid)?.entered ?? 0;
      const told = { client: of("client"), server: of("server") };
      expect([way, told]).toEqual([way, standing]);
      expect([way, kernelRows(netns, pair.port)]).toEqual([way, standing]);
      expect([way, { client: by(pair.client), server: by(pair.server) }]).toEqual([way, entered]);
      const [byClient, byServer] = [ends(transitions, pair.port, "remote"), ends(transitions, pair.port, "local")];
      expect([way, byClient.size > 0, byServer.size > 0]).toEqual([way, client.length > 0, server.length > 0]);
      for (const end of byClient) expect([way, client]).toEqual([way, expect.arrayContaining([end])]);
      for (const end of byServer) expect([way, server]).toEqual([way, expect.arrayContaining([end])]);
    }
  });

  it("beyond tcp_max_tw_buckets leave nothing behind, and that is reported", async () => {
    const netns = await startNetns();
    set(netns, "tcp_max_tw_buckets", "5");
    const churn = await startChurn();
    const { client } = await closes(netns, "close", 4 * N);
    const report = await stopChurn(churn);
    const standing = sockstat(netns);
    expect(report.namespaces.find((one) => one.netns === netns.number)).toMatchObject({
      now: standing,
      kernel: standing,
      limit: 5,
      overflowed: 4 * N - standing,
    });
    expect(report.processes.find(({ pid }) => pid === client)?.now).toBe(standing);
  });
});

describe("800 connections that the client closes", () => {
  it("are charged to it and to its destination, and have gone a minute later", { timeout: 120_000 }, async () => {
    const netns = await startNetns();
    const [now, later] = [await startChurn(), await startChurn()];
    const server = await serve("127.0.0.1", "close", { prefix: netns.enter });
    const client = await connectAndClose("127.0.0.1", server.port, 800, { prefix: netns.enter });
    const report = await stopChurn(now);
    const kernel = sockstat(netns);
    expect(report.processes.find(({ pid }) => pid === client.pid)).toMatchObject({ entered: 800 });
    expect(report.processes.find(({ pid }) => pid === server.pid)).toBeUndefined();
    const destination = report.destinations.find((one) => one.netns === netns.number);
    expect(destination).toMatchObject({ destination: `127.0.0.1:${server.port}`, side: "client", ports: 28_232 });
    expect(destination?.processes).toEqual([expect.objectContaining({ pid: client.pid })]);
    const space = report.namespaces.find((one) => one.netns === netns.number);
    expect(Math.abs((space?.now ?? NaN) - kernel)).toBeLessThanOrEqual(2);
    expect(Math.abs((destination?.timeWait ?? NaN) - kernel)).toBeLessThanOrEqual(2);
    // The kernel may reuse a tuple after a second; all other mini-sockets remain.
    expect(kernel).toBeGreaterThan(700);
    await until("the minute to pass", () => sockstat(netns) === 0, 90_000);
    const end = await stopChurn(later);
    expect(end.namespaces.find((one) => one.netns === netns.number)).toMatchObject({ now: 0, kernel: 0 });
    expect(end.processes.find(({ pid }) => pid === client.pid)).toMatchObject({ entered: 800, now: 0 });
  });
});

describe("a client that runs out of ports", () => {
  it("is predicted with its destination before connect() fails", async () => {
    const netns = await startNetns();
    set(netns, "ip_local_port_range", "20000 24099");
    set(netns, "ip_local_reserved_ports", "20000-20099");
    // On loopback the kernel would reuse ports after a second.
    set(netns, "tcp_tw_reuse", "0");
    const churn = startTcptrace(["churn", "--json", "--duration", "5s"]);
    await churn.tracing();
    const said = await play(netns, "exhaust.py", 500);
    const { client, port } = pairOf(await said());
    expect(await churn.ended).toEqual({ code: 0, signal: null });
    const report = Report.parse(JSON.parse(churn.stdout));
    const [first] = report.destinations;
    expect(first).toMatchObject({ destination: `127.0.0.1:${port}`, netns: netns.number, ports: 4000, reusable: 0 });
    expect(first?.processes[0]).toMatchObject({ pid: client });
    const [, after, at] = /^failed after=(\d+) at=(\d+)$/.exec(await said()) ?? [];
    // A connection that ends in a reset frees its port.
    expect(Number(after)).toBeGreaterThanOrEqual(4000);
    const foretold = Date.parse(report.time);
    expect(foretold).toBeLessThan(Number(at));
    const actual = Number(at) - foretold;
    expect(first?.exhaustedInMs).toBeGreaterThan(actual / 2);
    expect(first?.exhaustedInMs).toBeLessThan(actual * 2);
  });
});

describe("without BPF", () => {
  it("names the holder of a socket before it closed, and reports the others as unknown", async () => {
    const netns = await startNetns();
    const held = await play(netns, "closes.py", "held", N);
    const { client, port } = pairOf(await held());
    const churn = await startChurn("--source", "proc");
    const { port: unseen } = await closes(netns, "close", N);
    held.goOn();
    expect(await held()).toBe("closed");
    const report = await stopChurn(churn);
    const space = report.namespaces.find((one) => one.netns === netns.number);
    expect(space).toMatchObject({ now: 2 * N, kernel: sockstat(netns) });
    expect(report.processes).toEqual([expect.objectContaining({ pid: client, entered: N, now: N })]);
    expect(report.unowned?.entered).toBeGreaterThanOrEqual(N);
    for (const [of, users] of [
      [port, [expect.objectContaining({ pid: client, inUse: N })]],
      [unseen, []],
    ] as const) {
      const destination = report.destinations.find((one) => one.destination === `127.0.0.1:${of}`);
      expect(destination).toMatchObject({ timeWait: N, inUse: N, processes: users });
    }
  });
});
