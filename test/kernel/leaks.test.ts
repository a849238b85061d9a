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

/** Starts watching; the report comes after this many seconds. */
async function watching(seconds: number): Promise<Tcptrace> {
  const words = ["leaks", "--json", "--source", "bpf", "--duration", `${seconds}s`, ...STUCK_AFTER];
  const tcptrace = startTcptrace(words);
  await tcptrace.tracing();
  return tcptrace;
}

function byPid(a: { readonly pid: number }, b: { readonly pid: number }): number {
  return a.pid - b.pid;
}

/** Compares what was reported about the world's processes with the truth. */
function compare({ processes }: Leaks, { members, innocent }: World, ageIsAtLeast: boolean): void {
  const ours = new Set([...members, ...innocent].map(({ pid }) => pid));
  const reported = processes
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
  expect(reported.toSorted(byPid)).toEqual(truth.toSorted(byPid));
}

function queueOf(leaks: Leaks, world: World): unknown {
  const { pid } = world.members.find(({ way }) => way === "stalled") ?? {};
  return leaks.processes.find((process) => process.pid === pid)?.acceptQueues;
}

describe("processes that leak in every way", () => {
  it("are reported correctly if they are older than tcptrace", async () => {
    const world = await startWorld();
    const leaks = await leaksNow("--source", "bpf", "--duration", "2s");
    compare(leaks, world, true);
    expect(queueOf(leaks, world)).toMatchObject([{ length: 3, backlog: 16 }]);
    expect(leaks.source).toBe("bpf");
    // The worst first.
    const stuck = leaks.processes.map((process) => process.stuck);
    expect(stuck).toEqual(stuck.toSorted((a, b) => b - a));
  });

  it("are reported correctly if they start while tcptrace runs, with exact ages", async () => {
    const tcptrace = await watching(8);
    const world = await startWorld();
    const leaks = await answerOf(tcptrace);
    compare(leaks, world, false);
    expect(queueOf(leaks, world)).toMatchObject([{ length: 3, backlog: 16 }]);
  });

  it("are reported correctly while others make 20,000 transitions a second", { timeout: 120_000 }, async () => {
    const { pids } = await backgroundChurn(2000);
    const older = await startWorld();
    const tcptrace = await watching(10);
    const younger = await startWorld();
    const leaks = await answerOf(tcptrace);
    compare(leaks, older, true);
    compare(leaks, younger, false);
    expect(leaks.processes.filter(({ pid }) => pids.has(pid))).toEqual([]);
  });

  it("are reported correctly without BPF", async () => {
    const world = await startWorld();
    compare(await leaksNow("--source", "proc", "--duration", "2s"), world, true);
  });
});

it("reports descriptors whose sockets were reset in CLOSE_WAIT and are no longer in the kernel's tables", async () => {
  const tcptrace = await watching(6);
  const { pid } = await leaker("reset", 4);
  const leaks = await answerOf(tcptrace);
  const process = leaks.processes.find((one) => one.pid === pid);
  expect(process).toMatchObject({ closeWait: 0, stuck: 4, vanished: 4 });
  expect(process?.sockets.map(({ state, holders }) => [state, holders])).toEqual(
    Array.from({ length: 4 }, () => ["CLOSE", [pid]]),
  );
});

describe.each(["bpf", "proc"])("if only the host's namespace has such sockets, --source %s", (source) => {
  it("reports a leak older than tcptrace at once", async () => {
    const { pid } = await leaker("fill", 0.001, 200, 10);
    const words = ["--source", source, "--stuck-after", "6s", "--filter", `pid:${pid}`];
    const [process] = await until("a leak of six seconds, reported by a shorter run", async () => {
      const began = performance.now();
      const { processes } = await leaksNow(...words);
      return performance.now() - began < 6000 && processes.length > 0 ? processes : undefined;
    });
    expect(process).toMatchObject({ pid, stuck: 1 });
    expect(process?.sockets[0]?.ageIsAtLeast).toBe(true);
  });

  it("does not blame a process that sends to a half-closed peer", async () => {
    const { pid } = await leaker("half");
    const { processes } = await leaksNow("--source", source, "--duration", "6s", "--stuck-after", "3s");
    expect(processes.filter((one) => one.pid === pid)).toEqual([]);
  });
});

it("predicts when descriptors run out, to within 20 %", { timeout: 120_000 }, async () => {
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

describe("the leaks command", () => {
  it("exits with 3 with --fail only if a socket is stuck beyond the threshold and matches the filter", async () => {
    const server = await serve("127.0.0.1", "hangup");
    const client = await leak("127.0.0.1", server.port, 3);
    expect(await fail("--stuck-after", "1s", "--filter", `pid:${client.pid}`)).toBe(3);
    expect(await fail("--stuck-after", "1h", "--filter", `pid:${client.pid}`)).toBe(0);
    expect(await fail("--stuck-after", "1s", "--filter", `pid:${server.pid}`)).toBe(0);
  });

  it("prints one sentence per process, with what it holds and toward which peer", async () => {
    const server = await serve("127.0.0.1", "hangup");
    const client = await leak("127.0.0.1", server.port, 3);
    const filter = ["--filter", `pid:${client.pid}`, "--source", "proc", "--duration", "2s", ...STUCK_AFTER];
    const { stdout } = await runTcptrace(["leaks", ...filter]);
    const [sentence] = stdout.split("\n");
    expect(sentence).toMatch(
      new RegExp(
        `^pair \\(pid ${client.pid}\\) holds 3 sockets in CLOSE_WAIT to 127\\.0\\.0\\.1:${server.port}, ` +
          "the oldest for at least [\\d.]+s: the peer closed; .* Only a code fix \\(or a restart\\) frees them\\.$",
      ),
    );
  });

  it("rejects an invalid filter in one line, with exit code 2", async () => {
    const { code, stderr } = await runTcptrace(["leaks", "--filter", "colour:red"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tcptrace: .*colour:red.*\n$/);
  });
});
