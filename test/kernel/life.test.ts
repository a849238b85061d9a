import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Lives, wholeCounts } from "#test/support/machine/lives.ts";
import { asNobody } from "#test/support/machine/nobody.ts";
import { descendantsOf, isRunning, isStopped } from "#test/support/machine/process-tree.ts";
import { runTcptrace, startTcptrace, traceEvents } from "#test/support/machine/tcptrace.ts";
import { CLI } from "#test/support/project.ts";
import { until } from "#test/support/until.ts";
import { backgroundChurn, closed, connectAndClose, netnsOf, serve } from "#test/support/machine/workload.ts";

async function gone(pid: number): Promise<void> {
  await until(`process ${pid} to end`, () => !isRunning(pid));
}

/** Expects every line to be one of tcptrace's own. */
function expectOwnWords(stderr: string): void {
  expect(stderr).toMatch(/^(tcptrace: [\x20-\x7e…→]+\n)+$/);
}

describe("events --json | head -1", () => {
  it("ends at once and quietly, even if nothing more happens", async () => {
    const pipeline = `"$0" "$1" events --json --source bpf | head -1; echo "\${PIPESTATUS[@]}"`;
    const shell = spawn("bash", ["-c", pipeline, process.execPath, CLI], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    shell.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    shell.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = once(shell, "close");
    const { pid } = shell;
    if (pid === undefined) throw new Error("no shell");
    onTestFinished(() => {
      for (const { pid: left } of descendantsOf(pid)) process.kill(left, "SIGKILL");
      shell.kill("SIGKILL");
    });
    await until("tracing", () => stderr.includes("full probes"));
    const bpftrace = descendantsOf(pid).find(({ comm }) => comm === "bpftrace");
    // Listening is one transition, and so one line.
    await serve("127.0.0.1");
    await ended;
    expect(stdout).toMatch(/^\{"type":"transition"[^\n]+"LISTEN"[^\n]+\n0 0\n$/);
    expectOwnWords(stderr);
    expect(stderr).not.toMatch(/EPIPE|bug/);
    expect(bpftrace).toBeDefined();
    await gone(bpftrace?.pid ?? 0);
  });
});

describe("the end", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s prints a summary, exits 0 and leaves no bpftrace",
    async (signal) => {
      const tcptrace = await traceEvents();
      const bpftrace = await tcptrace.bpftrace();
      const server = await serve("127.0.0.1");
      await connectAndClose("127.0.0.1", server.port, 10);
      await closed(server.port);
      expect(await tcptrace.stop(signal)).toEqual({ code: 0, signal: null });
      expect(isRunning(bpftrace)).toBe(false);
      expectOwnWords(tcptrace.stderr);
      const { transitions } = tcptrace.summary();
      expect(transitions).toBeGreaterThanOrEqual(101);
      const last = tcptrace.stderr.trimEnd().split("\n").at(-1);
      expect(last).toMatch(new RegExp(`^tcptrace: ${transitions} transitions in [\\d.]+ s, 0 lost, .* source bpf$`));
    },
  );

  it("by SIGKILL leaves no bpftrace behind", async () => {
    const tcptrace = await traceEvents();
    const bpftrace = await tcptrace.bpftrace();
    expect(await tcptrace.stop("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
    await gone(bpftrace);
  });

  it("by SIGKILL while bpftrace rests between two ticks, as it does under load, leaves none", async () => {
    const tcptrace = await traceEvents();
    const bpftrace = await tcptrace.bpftrace();
    await backgroundChurn(2000);
    await until("bpftrace to rest", () => isStopped(bpftrace));
    await tcptrace.stop("SIGKILL");
    await gone(bpftrace);
  });

  it("by SIGKILL while bpftrace attaches leaves none either", async () => {
    const tcptrace = startTcptrace(["events", "--json", "--source", "bpf"]);
    const bpftrace = await tcptrace.bpftrace();
    await tcptrace.stop("SIGKILL");
    await gone(bpftrace);
  });

  it("comes after the number of transitions asked for", async () => {
    const tcptrace = startTcptrace(["events", "--json", "--source", "bpf", "-c", "5"]);
    await tcptrace.tracing();
    const server = await serve("127.0.0.1");
    await connectAndClose("127.0.0.1", server.port, 100);
    expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
    expect(tcptrace.transitions()).toHaveLength(5);
    expect(tcptrace.summary().transitions).toBe(5);
  });

  it("comes after the time asked for, if nothing happens", async () => {
    const { code, stdout, stderr } = await runTcptrace(["events", "--json", "--source", "bpf", "--duration", "500ms"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ type: "summary", source: "bpf" });
    expectOwnWords(stderr);
  });
});

describe("bpftrace's death", () => {
  it("is reported in one line and survived, and the gap is marked", async () => {
    const tcptrace = await traceEvents();
    const first = await serve("127.0.0.1");
    await connectAndClose("127.0.0.1", first.port, 10);
    const bpftrace = await tcptrace.bpftrace();
    process.kill(bpftrace, "SIGKILL");
    await tcptrace.tracing(2);
    expect(await tcptrace.bpftrace()).not.toBe(bpftrace);
    const server = await serve("127.0.0.1");
    const client = await connectAndClose("127.0.0.1", server.port, 10);
    await closed(server.port);
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    expectOwnWords(tcptrace.stderr);
    expect(tcptrace.stderr.match(/^tcptrace: .*SIGKILL.*$/gm)).toHaveLength(1);
    const gaps = tcptrace.lines().filter((line) => line.type === "gap");
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.ms).toBeGreaterThan(0);
    const lives = new Lives({ server: server.pid, client: client.pid, port: server.port, netns: netnsOf("self") });
    for (const row of tcptrace.transitions()) lives.add(row);
    expect(lives.complaints).toEqual([]);
    expect(lives.counts).toEqual(wholeCounts(10));
  });
});

/** A folder for $PATH with only a few of the machine's programs, and this script as `bpftrace`. */
function pathWith(bpftrace: string | null): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-path-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["sh", "mount", "unshare"]) symlinkSync(`/usr/bin/${name}`, join(folder, name));
  if (bpftrace !== null) {
    writeFileSync(join(folder, "bpftrace"), bpftrace);
    chmodSync(join(folder, "bpftrace"), 0o755);
  }
  return { PATH: folder };
}

const DYING = `#!/bin/sh
case "$1" in --version) echo "bpftrace v0.17.0"; exit 0 ;; esac
printf 'Attaching 5 probes...\\n'
printf '\\033[31mERROR: the kernel said \\033]0;no\\007\\n' >&2
exit 1
`;

/** Like a `#!/bin/sh` wrapper: the real bpftrace is its child, and holds the pipe too. */
const WRAPPED = `#!/bin/sh
case "$1" in --version) echo "bpftrace v0.17.0"; exit 0 ;; esac
printf 'Attaching 5 probes...\\n'
/bin/sleep 1000
`;

it("a wrapped bpftrace that never traces is ended together with all processes that it has started", async () => {
  const tcptrace = startTcptrace(["events", "--json", "--source", "bpf"], { env: pathWith(WRAPPED) });
  const sleeper = await tcptrace.until("the wrapper's child", () =>
    descendantsOf(tcptrace.pid).find(({ comm }) => comm === "sleep"),
  );
  await tcptrace.stop();
  await gone(sleeper.pid);
});

interface Lack {
  readonly lack: string;
  readonly said: RegExp;
  readonly start: () => { readonly env?: Readonly<Record<string, string>>; readonly prefix?: readonly string[] };
}

const LACKS: readonly Lack[] = [
  { lack: "a bpftrace that dies", said: /ERROR: the kernel said/, start: () => ({ env: pathWith(DYING) }) },
  { lack: "no bpftrace", said: /bpftrace is not installed/, start: () => ({ env: pathWith(null) }) },
  { lack: "no root", said: /not root/, start: () => ({ prefix: asNobody() }) },
];

describe.each(LACKS)("with $lack", ({ said, start }) => {
  it("--source bpf exits 4 and says why in one line", async () => {
    const { code, stdout, stderr } = await runTcptrace(["events", "--source", "bpf"], start());
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expectOwnWords(stderr);
    const reasons = stderr.split("\n").filter((line) => said.test(line));
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(/tcptrace doctor|sudo/);
  });

  it("--source auto continues with /proc and says why in one line", async () => {
    const tcptrace = startTcptrace(["events", "--json", "--source", "auto"], start());
    await tcptrace.until("polling", () => tcptrace.stderr.includes("/proc at most every"));
    const server = await serve("127.0.0.1");
    await tcptrace.until("the listener in a poll", () =>
      tcptrace.transitions().some(({ local, to }) => local === `127.0.0.1:${server.port}` && to === "LISTEN"),
    );
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    expectOwnWords(tcptrace.stderr);
    expect(tcptrace.stderr.split("\n").filter((line) => said.test(line))).toHaveLength(1);
    expect(tcptrace.summary().source).toBe("proc");
  });
});
