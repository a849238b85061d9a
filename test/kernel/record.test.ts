import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { Lives, wholeCounts } from "#test/support/machine/lives.ts";
import { isRunning } from "#test/support/machine/process-tree.ts";
import { runTcptrace, startTcptrace, type Tcptrace } from "#test/support/machine/tcptrace.ts";
import { CLI } from "#test/support/project.ts";
import { until } from "#test/support/until.ts";
import {
  backgroundChurn,
  churn,
  closed,
  connectAndClose,
  leak,
  netnsOf,
  serve,
} from "#test/support/machine/workload.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tcptrace-record-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Starts `record -w FILE` with these arguments too, and waits until it traces. */
async function record(file: string, ...words: readonly string[]): Promise<Tcptrace> {
  const tcptrace = startTcptrace(["record", "--source", "bpf", "-w", file, ...words]);
  await tcptrace.tracing();
  return tcptrace;
}

/** The NDJSON of a recording. */
async function replay(file: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { code, stdout, stderr } = await runTcptrace(["events", "--json", "-r", file]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return { stdout, stderr };
}

function rowsOf(ndjson: string): string[] {
  return ndjson.split("\n").filter((line) => line.startsWith('{"type":"transition"'));
}

async function load(connections: number): Promise<{ server: number; client: number; port: number; netns: number }> {
  const server = await serve("127.0.0.1");
  const client = await connectAndClose("127.0.0.1", server.port, connections);
  await closed(server.port);
  return { server: server.pid, client: client.pid, port: server.port, netns: netnsOf("self") };
}

describe("live and replay", () => {
  it.each(["run.tct", "run.tct.gz"])("are the same to the byte, twice: %s", async (name) => {
    const file = join(folder(), name);
    const tcptrace = await record(file, "--print", "--json");
    const truth = await load(500);
    const background = await backgroundChurn(200);
    await tcptrace.until("some of it", () => tcptrace.transitions().some(({ pid }) => background.pids.has(pid ?? 0)));
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    const live = tcptrace.stdout;
    const { stdout, stderr } = await replay(file);
    expect(stdout === live).toBe(true);
    expect((await replay(file)).stdout === live).toBe(true);
    expect(stderr).not.toMatch(/cut|damaged/);
    const lives = new Lives(truth);
    for (const row of tcptrace.transitions()) lives.add(row);
    expect(lives.complaints).toEqual([]);
    expect(lives.counts).toEqual(wholeCounts(500));
    expect(tcptrace.summary()).toMatchObject({ lost: 0, source: "bpf" });
    const exported = await runTcptrace(["export", "-r", file, "--format", "ndjson"]);
    expect(exported.stdout === live).toBe(true);
  });

  it("are the same without BPF too", async () => {
    const file = join(folder(), "run");
    const tcptrace = startTcptrace(["record", "--source", "proc", "-w", file, "--print", "--json"]);
    await tcptrace.until("polling", () => tcptrace.stderr.includes("/proc at most every"));
    const server = await serve("127.0.0.1");
    await tcptrace.until("the listener", () => tcptrace.stdout.includes(`127.0.0.1:${server.port}`));
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    expect((await replay(file)).stdout).toBe(tcptrace.stdout);
  });

  it("show the same leaks", async () => {
    const file = join(folder(), "run.gz");
    const server = await serve("127.0.0.1", "hangup");
    const client = await leak("127.0.0.1", server.port, 20);
    const words = ["--stuck-after", "500ms", "--json", "--filter", `pid:${client.pid}`];
    const tcptrace = await record(file, "--duration", "3s");
    const live = await runTcptrace(["leaks", "--source", "bpf", "--duration", "2s", ...words]);
    expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
    const read = await runTcptrace(["leaks", "-r", file, ...words]);
    expect((await runTcptrace(["leaks", "-r", file, ...words])).stdout).toBe(read.stdout);
    const [one, other] = [live, read].map(({ stdout }) => leaksOf(stdout));
    expect(other).toEqual(one);
    expect(other?.processes).toMatchObject([{ pid: client.pid, closeWait: 20, stuck: 20 }]);
  });
});

const Leaks = z.object({
  processes: z.array(
    z.object({
      pid: z.number(),
      comm: z.string(),
      cmdline: z.string(),
      user: z.string(),
      closeWait: z.number(),
      stuck: z.number(),
      fdUsed: z.number(),
      fdLimit: z.number(),
      sockets: z.array(
        z.object({ local: z.string(), remote: z.string(), fd: z.number(), holders: z.array(z.number()) }),
      ),
    }),
  ),
});

/** The parts of a report that do not depend on the time when it was made. */
function leaksOf(json: string): z.infer<typeof Leaks> {
  const report = Leaks.parse(JSON.parse(json));
  for (const { sockets } of report.processes) sockets.sort((a, b) => a.fd - b.fd);
  return report;
}

describe("record", () => {
  it("counts, prints its counts at SIGUSR1 and at the end, and ends after a number or a time", async () => {
    const at = folder();
    const tcptrace = await record(join(at, "some"), "-c", "50");
    tcptrace.signal("SIGUSR1");
    await tcptrace.until("its counts", () => /^tcptrace: 0 transitions in .* in 1 file$/m.test(tcptrace.stderr));
    const server = await serve("127.0.0.1");
    await connectAndClose("127.0.0.1", server.port, 100);
    expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
    expect(tcptrace.stderr).toMatch(
      /^tcptrace: 50 transitions in [\d.]+ s, \d+ lost, \d+ attributed, source bpf, .*B in 1 file$/m,
    );
    expect(rowsOf((await replay(join(at, "some"))).stdout)).toHaveLength(50);
    const { code, stderr } = await runTcptrace(["record", "-w", join(at, "short"), "--duration", "500ms"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/transitions in [\d.]+ s/);
    const { mode } = statSync(join(at, "short"));
    expect(mode & 0o777).toBe(0o600);
  });

  it("loses nothing at full churn, and takes a tenth of the space when packed", async () => {
    const at = folder();
    const [plain, packed] = [join(at, "run"), join(at, "run.gz")];
    const both = [await record(plain), await record(packed)];
    const { server, client, port } = await churn(20_000);
    await closed(port);
    for (const tcptrace of both) expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    for (const file of [plain, packed]) {
      const lives = new Lives({ server, client, port, netns: netnsOf("self") });
      const output = startTcptrace(["events", "--json", "-r", file]);
      expect(await output.ended).toEqual({ code: 0, signal: null });
      for await (const line of output.stream()) {
        if (line.type === "transition") lives.add(line);
        else expect(line).toMatchObject({ type: "summary", lost: 0 });
      }
      expect(lives.complaints).toEqual([]);
      expect(lives.counts).toEqual(wholeCounts(20_000));
    }
    expect(statSync(packed).size).toBeLessThan(statSync(plain).size / 4);
  });

  it("if killed, loses at most the last second, packed or not", async () => {
    const at = folder();
    const both = [join(at, "run"), join(at, "run.gz")].map(async (file) => ({ file, tcptrace: await record(file) }));
    const runs = await Promise.all(both);
    const truth = await load(100);
    for (const { file, tcptrace } of runs) {
      // What was written is at most a second old.
      await until("the end of the load in the file", async () => {
        const rows = rowsOf((await replay(file)).stdout);
        return rows.filter((row) => row.includes(`:${truth.port}"`)).length >= 1001;
      });
      await tcptrace.stop("SIGKILL");
      expect(tcptrace.pid > 0 && isRunning(tcptrace.pid)).toBe(false);
      const { stdout, stderr } = await replay(file);
      expect(rowsOf(stdout).filter((row) => row.includes(`:${truth.port}"`)).length).toBeGreaterThanOrEqual(1001);
      expect(stderr).toMatch(/cut off/);
    }
  });
});

/** The time of a line, and its socket. */
function keyOf(row: string): string {
  return /"time":"[^"]+","socket":"[^"]+"/.exec(row)?.[0] ?? row;
}

describe("a rotation", () => {
  it("loses no line, and each file can be read by itself", async () => {
    const at = folder();
    const server = await serve("127.0.0.1", "hangup");
    const client = await leak("127.0.0.1", server.port, 10);
    const tcptrace = await record(join(at, "run"), "-C", "200k", "--print", "--json");
    await load(3000);
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    const files = readdirSync(at).toSorted((a, b) => Number(a.slice(3)) - Number(b.slice(3)));
    // Their number depends on the size of their beginnings: earlier tests may have left mini-sockets.
    expect(files.length).toBeGreaterThan(1);
    expect(files.slice(0, 2)).toEqual(["run", "run1"]);
    expect(tcptrace.stderr).toMatch(new RegExp(`in ${files.length} files$`, "m"));
    const rows: string[] = [];
    for (const file of files) {
      rows.push(...rowsOf((await replay(join(at, file))).stdout));
      // A process that leaked before the first file is known in each of them.
      const { stdout } = await runTcptrace(["leaks", "-r", join(at, file), "--json", "--stuck-after", "1ms"]);
      expect(stdout).toContain(`"pid":${client.pid}`);
    }
    expect(rows).toHaveLength(tcptrace.transitions().length);
    expect(rows.map(keyOf)).toEqual(rowsOf(tcptrace.stdout).map(keyOf));
  });

  it("by time keeps the number of files allowed", async () => {
    const at = folder();
    const { code } = await runTcptrace(["record", "-w", join(at, "run.gz"), "-G", "1", "-W", "2", "--duration", "4s"]);
    expect(code).toBe(0);
    expect(readdirSync(at).toSorted()).toEqual(["run.gz0", "run.gz1"]);
    for (const file of readdirSync(at)) expect((await replay(join(at, file))).stderr).not.toMatch(/cut|damaged/);
  });
});

/** A file system of 64 MB: after a busy time surveys alone take some megabytes. */
function smallDisk(): string {
  const at = join(folder(), "disk");
  mkdirSync(at);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", at]);
  onTestFinished(() => void execFileSync("umount", [at]));
  return at;
}

/** Fills all but half a megabyte of it; returns the file that takes the space. */
function fillUp(disk: string): string {
  const ballast = join(disk, "ballast");
  const room = (): number => {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize - 500_000;
  };
  // Piece by piece, because the recorder writes at the same time.
  while (room() > 0) appendFileSync(ballast, Buffer.alloc(Math.min(room(), 1_000_000)));
  return ballast;
}

describe("a full disk", () => {
  it.each(["run", "run.gz"])("ends the recording, which can be read: %s", async (name) => {
    const disk = smallDisk();
    const file = join(disk, name);
    const tcptrace = await record(file);
    fillUp(disk);
    await backgroundChurn(2000);
    expect(await tcptrace.ended).toEqual({ code: 1, signal: null });
    expect(tcptrace.stderr).toMatch(/^tcptrace: the disk is full: /m);
    const { stdout, stderr } = await replay(file);
    expect(rowsOf(stdout).length).toBeGreaterThan(1000);
    expect(stderr).not.toMatch(/damaged/);
  });

  it("with --on-full drop is waited for, and what was not recorded is a gap", async () => {
    const disk = smallDisk();
    const file = join(disk, "run");
    const tcptrace = await record(file, "--on-full", "drop");
    const ballast = fillUp(disk);
    await load(1000);
    await tcptrace.until("the disk to be full", () => tcptrace.stderr.includes("the disk is full"));
    rmSync(ballast);
    await tcptrace.until("room again", () => tcptrace.stderr.includes("there is room again"));
    const truth = await load(10);
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    expect(tcptrace.stderr).toMatch(/, [1-9][\d,]* not recorded: the disk was full$/m);
    const { stdout } = await replay(file);
    expect(stdout).toMatch(/^\{"type":"gap"/m);
    expect(rowsOf(stdout).filter((row) => row.includes(`:${truth.port}"`)).length).toBeGreaterThanOrEqual(101);
  });

  it("is reported for /dev/full too", async () => {
    const { code, stderr } = await runTcptrace(["record", "-w", "/dev/full"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tcptrace: the disk is full: /m);
    expect(statSync("/dev/full").isCharacterDevice()).toBe(true);
  });
});

describe("record -w - | a view -r -", () => {
  it("works live, and each end survives the end of the other", async () => {
    const writer = spawn(process.execPath, [CLI, "record", "--source", "bpf", "-w", "-"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    onTestFinished(() => void writer.kill("SIGKILL"));
    const reader = spawn(process.execPath, [CLI, "events", "--json", "-r", "-"], { stdio: ["pipe", "pipe", "pipe"] });
    onTestFinished(() => void reader.kill("SIGKILL"));
    let shown = "";
    let said = "";
    reader.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    writer.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    writer.stdout.pipe(reader.stdin);
    reader.stdin.on("error", () => {});
    await until("tracing", () => said.includes("full probes"));
    const server = await serve("127.0.0.1");
    await until("the listener, live", () => shown.includes(`127.0.0.1:${server.port}`));
    const readerEnded = once(reader, "exit");
    writer.kill("SIGKILL");
    await readerEnded;
    expect(reader.exitCode).toBe(0);
    expect(shown.trimEnd().split("\n").at(-1)).toMatch(/^\{"type":"summary"/);
  });

  it("ends when no process reads any more", async () => {
    const script = `"$0" "$1" record --source bpf -w - | head -c 100; all="\${PIPESTATUS[*]}"; echo; echo "$all"`;
    const shell = spawn("bash", ["-c", script, process.execPath, CLI], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    shell.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    shell.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    await once(shell, "close");
    expect(stdout).toMatch(/^\{"format":"tcptrace recording"/);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("0 0");
    expect(stderr).not.toMatch(/EPIPE|bug/);
  });
});

describe("top -b -r", () => {
  it("prints tables by the recording's clock, and does not wait", async () => {
    const file = join(folder(), "run");
    const tcptrace = await record(file, "--duration", "3s");
    await load(50);
    expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
    const { code, stdout } = await runTcptrace(["top", "-b", "-d", "1s", "-r", file]);
    expect(code).toBe(0);
    const heads = stdout.split("\n").filter((line) => line.startsWith("tcptrace 20"));
    expect(heads.length).toBeGreaterThanOrEqual(3);
    const again = await runTcptrace(["top", "-b", "-d", "1s", "-r", "-"], { stdin: openSync(file, "r") });
    expect(again.stdout).toBe(stdout);
    const one = await runTcptrace(["top", "-b", "-n", "1", "-r", file]);
    expect(one.stdout.split("\n").filter((line) => line.startsWith("tcptrace 20"))).toHaveLength(1);
  });
});
