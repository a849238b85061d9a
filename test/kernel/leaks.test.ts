import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runTcptrace, startTcptrace, type Tcptrace } from "#test/support/machine/tcptrace.ts";
import { until } from "#test/support/until.ts";
import { backgroundChurn, leak, leaker, serve } from "#test/support/machine/workload.ts";
import { startWorld, type World } from "#test/support/machine/world.ts";

const STUCK_AFTER = ["--stuck-after", "1s"];

const Leaks = z.object({
  time: z.iso.datetime(),
  source: z.enum(["bpf", "proc"]),
  stuckAfterMs: z.number(),
  lost: z.number(),
  complete: z.boolean(),
  processes: z.array(
    z.object({
      pid: z.number(),
      comm: z.string(),
      cmdline: z.string().nullable(),
      user: z.string().nullable(),
      container: z.string().nullable(),
      closeWait: z.number(),
      stuck: z.number(),
      notAccepted: z.number(),
      vanished: z.number(),
      oldestMs: z.number(),
      growthPerMinute: z.number().nullable(),
      fdUsed: z.number().nullable(),
      fdLimit: z.number().nullable(),
      fdExhaustedInMs: z.number().nullable(),
      sockets: z.array(
        z.object({
          socket: z.string(),
          local: z.string(),
          remote: z.string(),
          state: z.string(),
          ageMs: z.number(),
          ageIsAtLeast: z.boolean(),
          receiveQueue: z.number().nullable(),
          accepted: z.boolean(),
          fd: z.number().nullable(),
          owner: z.enum(["syscall", "accept", "inode", "listener", "unknown"]),
          holders: z.array(z.number()),
        }),
      ),
      acceptQueues: z.array(
        z.object({ local: z.string(), length: z.number().nullable(), backlog: z.number().nullable() }),
      ),
    }),
  ),
  unowned: z.array(z.object({ socket: z.string(), reason: z.string() })),
});
type Leaks = z.infer<typeof Leaks>;

async function answerOf(tcptrace: Tcptrace): Promise<Leaks> {
  expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
  return Leaks.parse(JSON.parse(tcptrace.stdout));
}

async function leaksNow(...words: readonly string[]): Promise<Leaks> {
  return answerOf(
    startTcptrace(["leaks", "--json", ...(words.includes("--stuck-after") ? [] : STUCK_AFTER), ...words]),
  );
}

/** Starts to watch; the answer comes so many seconds later. */
async function watching(seconds: number): Promise<Tcptrace> {
  const words = ["leaks", "--json", "--source", "bpf", "--duration", `${seconds}s`, ...STUCK_AFTER];
  const tcptrace = startTcptrace(words);
  await tcptrace.tracing();
  return tcptrace;
}

function byPid(a: { readonly pid: number }, b: { readonly pid: number }): number {
  return a.pid - b.pid;
}

/** What was said of the world's processes, and what is true of them. */
function compare({ processes }: Leaks, { members, innocent }: World, ageIsAtLeast: boolean): void {
  const ours = new Set([...members, ...innocent].map(({ pid }) => pid));
  const told = processes
    .filter(({ pid }) => ours.has(pid))
    .map(({ pid, comm, closeWait, stuck, notAccepted, sockets }) => ({
      pid,
      comm,
      closeWait,
      stuck,
      notAccepted,
      sockets: sockets.length,
      queues: [...new Set(sockets.map(({ receiveQueue }) => receiveQueue))],
      holders: [...new Set(sockets.flatMap(({ holders }) => holders))].toSorted((a, b) => a - b),
      descriptors: sockets.filter(({ fd }) => fd !== null).length,
      ageIsAtLeast: sockets.some((socket) => socket.ageIsAtLeast),
    }));
  const truth = members.map(({ pid, comm, closeWait, notAccepted, recvQueue, sharedWith, descriptors }) => ({
    pid,
    comm,
    closeWait,
    stuck: closeWait,
    notAccepted,
    sockets: closeWait,
    queues: [recvQueue],
    holders: [pid, ...sharedWith].toSorted((a, b) => a - b),
    descriptors,
    ageIsAtLeast,
  }));
  expect(told.toSorted(byPid)).toEqual(truth.toSorted(byPid));
}

function queueOf(leaks: Leaks, world: World): unknown {
  const { pid } = world.members.find(({ way }) => way === "stalled") ?? {};
  return leaks.processes.find((process) => process.pid === pid)?.acceptQueues;
}

describe("a world of processes that leak in every way", () => {
  it("is told right when it is older than tcptrace", async () => {
    const world = await startWorld();
    const leaks = await leaksNow("--source", "bpf", "--duration", "2s");
    compare(leaks, world, true);
    expect(queueOf(leaks, world)).toMatchObject([{ length: 3, backlog: 16 }]);
    expect(leaks.source).toBe("bpf");
    // Most guilty first.
    const stuck = leaks.processes.map((process) => process.stuck);
    expect(stuck).toEqual(stuck.toSorted((a, b) => b - a));
  });

  it("is told right when it is born under it, and then every age is exact", async () => {
    const tcptrace = await watching(8);
    const world = await startWorld();
    const leaks = await answerOf(tcptrace);
    compare(leaks, world, false);
    expect(queueOf(leaks, world)).toMatchObject([{ length: 3, backlog: 16 }]);
  });

  it("is told right while others make 20,000 transitions a second", { timeout: 120_000 }, async () => {
    const { pids } = await backgroundChurn(2000);
    const older = await startWorld();
    const tcptrace = await watching(10);
    const younger = await startWorld();
    const leaks = await answerOf(tcptrace);
    compare(leaks, older, true);
    compare(leaks, younger, false);
    expect(leaks.processes.filter(({ pid }) => pids.has(pid))).toEqual([]);
  });

  it("is told right without BPF", async () => {
    const world = await startWorld();
    compare(await leaksNow("--source", "proc", "--duration", "2s"), world, true);
  });
});

it("tells of descriptors whose sockets were reset in CLOSE_WAIT, and so have left the kernel's tables", async () => {
  const tcptrace = await watching(6);
  const { pid } = await leaker("reset", 4);
  const leaks = await answerOf(tcptrace);
  const process = leaks.processes.find((one) => one.pid === pid);
  expect(process).toMatchObject({ closeWait: 0, stuck: 4, vanished: 4 });
  expect(process?.sockets.map(({ state, holders }) => [state, holders])).toEqual(
    Array.from({ length: 4 }, () => ["CLOSE", [pid]]),
  );
});

describe.each(["bpf", "proc"])("where nothing but this machine's own namespace has such sockets, by %s", (source) => {
  it("tells at once of a leak that is older than tcptrace", async () => {
    const { pid } = await leaker("fill", 0.001, 200, 10);
    const words = ["--source", source, "--stuck-after", "6s", "--filter", `pid:${pid}`];
    const [process] = await until("a leak of six seconds, told by a shorter run", async () => {
      const began = performance.now();
      const { processes } = await leaksNow(...words);
      return performance.now() - began < 6000 && processes.length > 0 ? processes : undefined;
    });
    expect(process).toMatchObject({ pid, stuck: 1 });
    expect(process?.sockets[0]?.ageIsAtLeast).toBe(true);
  });

  it("does not blame who sends to a peer that has only ended its own sending", async () => {
    const { pid } = await leaker("half");
    const { processes } = await leaksNow("--source", source, "--duration", "6s", "--stuck-after", "3s");
    expect(processes.filter((one) => one.pid === pid)).toEqual([]);
  });
});

it("foretells when descriptors run out, within 20 % of when they do", { timeout: 120_000 }, async () => {
  const { pid, said } = await leaker("fill", 2, 200, 140);
  const leaks = await leaksNow("--duration", "10s");
  const { fdExhaustedInMs, growthPerMinute, fdLimit } = leaks.processes.find((one) => one.pid === pid) ?? {};
  expect(fdLimit).toBe(200);
  expect(Math.abs((growthPerMinute ?? 0) - 120)).toBeLessThan(24);
  const full = Number((await said(/^full at=([\d.]+)$/m))[1]) * 1000;
  const left = full - Date.parse(leaks.time);
  expect(Math.abs((fdExhaustedInMs ?? 0) - left)).toBeLessThan(left * 0.2);
});

async function fail(...words: readonly string[]): Promise<number | null> {
  const { code } = await runTcptrace(["leaks", "--fail", "--source", "proc", "--duration", "2s", ...words]);
  return code;
}

describe("the answer", () => {
  it("is 3 with --fail only where something is stuck, past the threshold and within the filter", async () => {
    const server = await serve("127.0.0.1", "hangup");
    const client = await leak("127.0.0.1", server.port, 3);
    expect(await fail("--stuck-after", "1s", "--filter", `pid:${client.pid}`)).toBe(3);
    expect(await fail("--stuck-after", "1h", "--filter", `pid:${client.pid}`)).toBe(0);
    expect(await fail("--stuck-after", "1s", "--filter", `pid:${server.pid}`)).toBe(0);
  });

  it("is one sentence a process, with what it holds toward whom", async () => {
    const server = await serve("127.0.0.1", "hangup");
    const client = await leak("127.0.0.1", server.port, 3);
    const filter = ["--filter", `pid:${client.pid}`, "--source", "proc", "--duration", "2s", ...STUCK_AFTER];
    const { stdout } = await runTcptrace(["leaks", ...filter]);
    const [sentence] = stdout.split("\n");
    expect(sentence).toMatch(
      new RegExp(
        `^pair \\(pid ${client.pid}\\) holds 3 sockets in CLOSE_WAIT toward 127\\.0\\.0\\.1:${server.port}, ` +
          "the oldest for at least [\\d.]+s: the peer closed, .* only its code can close them\\.$",
      ),
    );
  });

  it("to a filter that means nothing is one line and exit 2", async () => {
    const { code, stderr } = await runTcptrace(["leaks", "--filter", "colour:red"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tcptrace: .*colour:red.*\n$/);
  });
});
